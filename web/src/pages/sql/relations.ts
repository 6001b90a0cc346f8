// The relations of the system, for completion.
export const ALL_SYSTEM_RELATIONS: Record<string, string[]> = {
  'tailrace.audit': ['kind', 'name', 'stream', 'read', 'emitted', 'filtered', 'dead_lettered', 'in_flight', 'holds', 'difference'],
  'tailrace.lag': ['kind', 'name', 'stream', 'records', 'seconds'],
  'tailrace.origins': ['stream', 'name', 'accepted', 'refused', 'duplicates'],
  'tailrace.dead_letters': ['stream', 'letter', 'state', 'fault_id', 'fault', 'stage', 'materialization', 'pointer', 'reason', 'time', 'source', 'item', 'line', 'request', 'partition', 'offset', 'raw', 'record'],
  'tailrace.commits': ['kind', 'name', 'stream', 'number', 'time', 'positions', 'letters', 'read', 'emitted', 'filtered', 'dead_lettered'],
  'tailrace.rejects': ['stream', 'max_rejects', 'letters', 'records', 'over', 'paused', 'reason'],
};
