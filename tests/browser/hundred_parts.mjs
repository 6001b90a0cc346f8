// A pipeline file of a hundred parts: six doors, six streams, tables in layers of views over them, documents, APIs, jobs and alerts.
const STREAMS = ['orders', 'payments', 'visits', 'stock', 'returns', 'prices'];
const TABLES_OF_EACH = 5;

function partsOf(stream) {
  const tables = Array.from({ length: TABLES_OF_EACH }, (_, i) => `${stream}_by_${['shop', 'hour', 'country', 'product', 'channel'][i]}`);
  return {
    stream: `  ${stream}: {key: id, schema: {id: string, shop: string, amount: "decimal(12,2)", sold_at: timestamp}}`,
    source: `  ${stream}_feed:
    type: generate
    rate: 20
    sql: SELECT 'K' || i AS id, 'shop ' || i % 7 AS shop, (i % 90)::DECIMAL(12,2) AS amount, TIMESTAMP '2026-01-01' + INTERVAL 1 MINUTE * i AS sold_at
    into: ${stream}`,
    tables: tables.map((table, i) => `  ${table}: {sql: "SELECT shop, date_trunc('hour', sold_at) AS hour, sum(amount) AS total, count(*) AS n_${i} FROM ${stream} GROUP BY ALL"}`),
    views: tables.slice(0, 4).map((table) => `  best_${table}: {sql: "SELECT shop, sum(total) AS total FROM ${table} GROUP BY ALL"}`),
    apis: tables.slice(0, 2).map((table) => `  top_${table}: {sql: "SELECT * FROM best_${table} ORDER BY total DESC LIMIT 10"}`),
    collection: `  ${stream}_documents: {sql: "SELECT id AS key, json_object('shop', shop, 'amount', amount) AS document FROM ${stream}"}`,
    job: `  ${stream}_report: {cron: "0 6 * * *", steps: [{sql: "CREATE OR REPLACE TABLE ${stream}_daily AS SELECT * FROM best_${tables[0]}"}]}`,
    alert: `  few_${stream}: {sql: "SELECT 1 FROM ${tables[1]} HAVING sum(total) < 0", every: 10s, message: few, notify: [ops]}`,
  };
}

export function hundredParts() {
  const all = STREAMS.map(partsOf);
  const section = (name, lines) => `${name}:\n${lines.flat().join('\n')}\n`;
  return [
    'pipeline: hundred\ndescription: As many parts as a large shop has\n',
    section('streams', all.map((one) => one.stream)),
    section('sources', all.map((one) => one.source)),
    section('tables', all.map((one) => one.tables)),
    section('views', [...all.map((one) => one.views), ...STREAMS.slice(0, 3).map((stream) => `  all_${stream}: {sql: "SELECT count(*) AS n FROM ${stream}_by_hour"}`), '  everything: {sql: "SELECT shop, total FROM best_orders_by_shop UNION ALL SELECT shop, total FROM best_payments_by_shop"}']),
    section('collections', all.map((one) => one.collection)),
    section('apis', all.map((one) => one.apis)),
    section('jobs', all.map((one) => one.job)),
    section('alerts', all.map((one) => one.alert)),
    'notify:\n  ops: {type: log}\nserver: {listen: "127.0.0.1:0"}\n',
  ].join('\n');
}
