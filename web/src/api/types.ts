// What the routes answer. The browser tests hold these against the running server.

export type Role = 'ingest' | 'read' | 'admin';

export interface Whoami {
  pipeline: string;
  description: string;
  version: string;
  name: string;
  roles: Role[];
  limited: boolean;
  open: boolean;
}

export type NodeKind = 'source' | 'stream' | 'table' | 'view' | 'collection' | 'lake' | 'api' | 'job' | 'export' | 'alert' | 'dashboard';

export interface Column {
  name: string;
  type: string;
}

export interface Flow {
  read: number;
  emitted: number;
  filtered: number;
  dead_lettered: number;
  in_flight?: number;
  lag_seconds?: number;
  holds?: boolean;
  difference?: string;
}

export interface GraphNode {
  id: string;
  kind: NodeKind;
  name: string;
  line: number;
  type?: string;
  detail?: string;
  sql?: string;
  columns?: Column[];
  index?: string[];
  flow?: Flow;
  trouble?: string;
  stopped?: boolean;
  paused?: boolean;
  accepted?: number;
  refused?: number;
  records?: number;
  held?: number;
  bytes?: number;
  partitions?: number;
  letters?: number;
  /** Not yet sent again; of a stream all, of what is made from it those that it could not take. */
  open_letters?: number;
  /** Of a stream's open letters, those that never became records. */
  door_letters?: number;
  requests?: number;
  /** Of an alert. */
  state?: Alert['state'];
  since?: string;
  silenced_until?: string;
  /** Of a job. */
  running?: boolean;
  waiting?: number;
  next?: string;
  last?: { run: string; state: RunState; rows: number; ended?: string };
  /** Of what a job exports. */
  job?: string;
}

export interface Graph {
  as_of: string;
  nodes: GraphNode[];
  edges: { from: string; to: string }[];
}

export interface PartHistory {
  every_seconds: number;
  columns: string[];
  /** time (ms), total, refused, in_flight, lag_seconds */
  rows: [number, number, number, number, number][];
}

export interface PartDescription {
  id: string;
  kind: NodeKind;
  name: string;
  history: PartHistory;
}

export interface Partition {
  partition: number;
  begin: number;
  end: number;
  bytes: number;
  fenced?: string;
}

export interface StreamHead {
  name: string;
  aliases: string[];
  key: string | null;
  partitions: Partition[];
}

export interface StreamDescription extends StreamHead {
  schema: Record<string, string>;
  unknown_fields: string;
  store: boolean;
  idempotency_window: string;
}

export interface LogRecord {
  partition?: number;
  offset: number;
  seq: number;
  ingested_at: string;
  key: string | null;
  value: unknown;
}

export interface RecordPage {
  stream: string;
  partition: number;
  records: LogRecord[];
  next: number;
}

export interface Refusal {
  record: number;
  pointer?: string;
  reason: string;
  expected?: string;
  found?: string;
}

export interface Appended {
  stream: string;
  dry_run?: true; // nothing of it is kept
  accepted: number;
  rejected: number;
  offsets: { partition: number; first: number; last: number }[];
  errors: Refusal[];
}

export interface Fault {
  id: string;
  fault: string;
  stage: string;
  materialization?: string;
  open: number;
  pending: number;
  first: string;
  last: string;
  example: { letter: number; raw?: string; raw_base64?: string };
}

export interface FaultList {
  stream: string;
  open: number;
  pending: number;
  untracked?: number;
  faults: Fault[];
}

export interface Letter {
  letter: number;
  state: 'open' | 'pending';
  fault_id: string;
  fault: string;
  stage: string;
  materialization?: string;
  pointer?: string;
  reason: string;
  time: string;
  partition?: number;
  offset?: number;
  source?: string;
  request?: string;
  index?: number;
  item?: string;
  place?: number;
  line?: number;
  raw?: string;
  raw_base64?: string;
  record?: unknown;
}

export interface LetterPage {
  letters: Letter[];
  next: number | null;
}

export interface RedriveReport {
  stream: string;
  dry_run: boolean;
  letters: number;
  sent: number;
  left: number;
  failing: number;
  pending: number;
  failures: { letter: number; reason: string }[];
}

export interface DocumentPage {
  documents: { key: string; document: unknown }[];
  next: string | null;
}

export interface Fate {
  kind: string;
  name: string;
  fate: 'emitted' | 'filtered' | 'dead_lettered' | 'in_flight' | 'fails_now';
  reason?: string;
  commit?: { number: number; time: string };
  keys?: string[];
  letters?: { what: string; partition?: number; offset?: number; time?: string }[];
}

export interface Trace {
  stream: string;
  partition: number;
  offset: number;
  seq: number;
  received: string;
  from: { kind: string; name: string; item?: string; line?: number; byte?: number; row?: number; request?: string; record?: number; client?: string };
  sent_again?: { letter: number; reason: string; source?: string; item?: string; line?: number; request?: string };
  file: string;
  byte: number;
  key: string | null;
  record: string;
  materializations: Fate[];
}

export type RunState = 'queued' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'missed' | 'cancelled';

export interface Run {
  run: string;
  job: string;
  state: RunState;
  trigger: string;
  due: string | null;
  due_last?: string;
  due_times?: number;
  attempts: number;
  rows: number;
  queued: string | null;
  started: string | null;
  ended: string | null;
  seconds: number | null;
  not_before?: string;
  reason?: string;
  /** Its end was asked for; until its step has stopped it still runs. */
  cancel?: { asked: string; by: string };
}

export interface Job {
  job: string;
  schedule: string;
  description?: string;
  next: string | null;
  running: boolean;
  waiting: number;
  last: Run | null;
}

export interface Alert {
  alert: string;
  state: 'ok' | 'pending' | 'firing';
  since: string | null;
  message: string;
  error?: string;
  /** Nobody is told until then. */
  silence?: { until: string; reason: string; by: string };
}

export interface ApiKey {
  id: string;
  name: string;
  roles: Role[];
  only: string[] | null; // KIND:NAME; null: everything
  state: 'valid' | 'expired' | 'revoked' | 'damaged';
  created: string;
  expires: string | null;
  revoked: string | null;
  replaced_by: string | null;
}

/** Its text is told this once: `key`, or the two of an access key. */
export interface IssuedKey extends ApiKey {
  key?: string;
  access_key_id?: string;
  secret_access_key?: string;
}

export interface Keys {
  door: 'keys' | 'open' | 'none';
  keys: ApiKey[];
}

export interface Limit {
  area: string;
  limit: string;
  setting: string; // below server.limits; empty: fixed
  unit: 'count' | 'bytes' | 'bytes/s' | 'time';
  value: number;
  text: string;
  default: string | null; // null: a share of server.memory
  beyond: string;
  used?: number;
}

export interface SettingsOverview {
  as_of: string;
  versions: { name: string; version: string }[];
  memory: { max: number; used?: number };
  limits: Limit[];
  sizes: {
    parts: { name: string; bytes: number }[];
    streams: { name: string; log: number; dead_letters: number }[];
    disk_free: number;
    disk_size: number;
    cut: boolean;
  };
}

export interface PipelineFile {
  path: string;
  text: string;
  hidden: number; // secrets that stand in it, and are shown as …
  changed: boolean; // it reads otherwise by now
}

/** Of a text that is checked; lines and columns from 1. */
export interface FileFault {
  severity: 'error' | 'warning';
  line: number;
  column: number;
  message: string;
}

export interface Answers {
  'GET /keys': Keys;
  'POST /keys': IssuedKey;
  'DELETE /keys/{id}': { revoked: string };
  'GET /settings': SettingsOverview;
  'GET /pipeline': PipelineFile;
  'POST /pipeline/check': { ok: boolean; faults: FileFault[] };
  'GET /jobs': { jobs: Job[] };
  'GET /jobs/{job}': { job: Job; steps: string[]; runs: Run[] };
  'GET /jobs/{job}/due': { count: number; too_many: boolean; first: string[]; last?: string };
  'GET /jobs/{job}/log': { run: Run; log: { time: string; step: string; text: string }[] };
  'POST /jobs/{job}/run': { runs: string[] };
  'GET /alerts': { alerts: Alert[] };
  'POST /alerts/{alert}/silence': Alert;
  'DELETE /alerts/{alert}/silence': Alert;
  'GET /whoami': Whoami;
  'GET /graph': Graph;
  'GET /graph/{kind}/{name}': PartDescription;
  'GET /streams': { streams: StreamHead[] };
  'GET /streams/{stream}': StreamDescription;
  'GET /streams/{stream}/records': RecordPage;
  'POST /streams/{stream}': Appended;
  'GET /dlq': { streams: FaultList[] };
  'GET /dlq/{stream}': LetterPage;
  'POST /dlq/{stream}/redrive': RedriveReport;
  'GET /collections/{collection}': DocumentPage;
  'GET /trace/{stream}/{partition}/{offset}': Trace;
}
