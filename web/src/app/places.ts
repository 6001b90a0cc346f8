// Where things are in the console.
import { CalendarClock, Code, Crosshair, FileJson, Inbox, LayoutDashboard, Settings, Waves, Workflow, type LucideIcon } from 'lucide-react';
import type { GraphNode } from '../api/types';

export interface Place {
  path: string;
  title: string;
  icon: LucideIcon;
}

export const PLACES: Place[] = [
  { path: '/', title: 'Pipeline', icon: Workflow },
  { path: '/console/streams', title: 'Streams', icon: Waves },
  { path: '/console/letters', title: 'Dead letters', icon: Inbox },
  { path: '/console/sql', title: 'SQL', icon: Code },
  { path: '/console/documents', title: 'Documents', icon: FileJson },
  { path: '/console/dashboards', title: 'Dashboards', icon: LayoutDashboard },
  { path: '/console/jobs', title: 'Jobs and alerts', icon: CalendarClock },
  { path: '/console/trace', title: 'Trace', icon: Crosshair },
  { path: '/console/settings', title: 'Settings', icon: Settings },
];

const part = encodeURIComponent;
export const streamPath = (stream: string): string => `/console/streams/${part(stream)}`;
export const lettersPath = (stream: string): string => `/console/letters/${part(stream)}`;
export const documentsPath = (collection: string): string => `/console/documents/${part(collection)}`;
export const tracePath = (stream: string, partition: number, offset: number): string => `/console/trace/${part(stream)}/${partition}/${offset}`;
export const jobPath = (job: string): string => `/console/jobs/${part(job)}`;
export const dashboardPath = (dashboard: string): string => `/console/dashboards/${part(dashboard)}`;
export const embedPath = (dashboard: string, tile: string, values: Readonly<Record<string, string>>): string => {
  const search = new URLSearchParams(values).toString();
  return `/console/embed/${part(dashboard)}/${part(tile)}${search ? `?${search}` : ''}`;
};
export const sqlPath = (sql: string): string => `/console/sql?q=${part(sql)}`;

/** A query over a relation; names of ours need no quotes unless they are SQL's own words, and quotes never hurt. */
export const selectOf = (name: string): string => `SELECT * FROM "${name}" LIMIT 100`;

export function pathOf(node: GraphNode): string | null {
  switch (node.kind) {
    case 'stream':
      return streamPath(node.name);
    case 'collection':
      return documentsPath(node.name);
    case 'dashboard':
      return dashboardPath(node.name);
    case 'table':
    case 'view':
      return sqlPath(selectOf(node.name));
    case 'job':
      return jobPath(node.name);
    case 'export':
      return node.job ? jobPath(node.job) : null;
    case 'alert':
      return '/console/jobs';
    default:
      return null;
  }
}
