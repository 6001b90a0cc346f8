// How each kind of part looks and is called.
import { BellRing, Braces, Database, Eye, FileJson, FileOutput, LayoutDashboard, LogIn, Table2, Timer, Waves, type LucideIcon } from 'lucide-react';
import type { NodeKind } from '../api/types';

export const KIND_ICONS: Record<NodeKind, LucideIcon> = {
  source: LogIn,
  stream: Waves,
  table: Table2,
  view: Eye,
  collection: FileJson,
  lake: Database,
  api: Braces,
  job: Timer,
  alert: BellRing,
  export: FileOutput,
  dashboard: LayoutDashboard,
};
