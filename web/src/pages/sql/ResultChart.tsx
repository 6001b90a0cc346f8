import { ChartNoAxesColumn } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { SqlResult } from '../../api/sql';
import { useTheme } from '../../app/theme';
import { describe } from '../../charts/describe';
import { distinct } from '../../charts/labels';
import { draw } from '../../charts/options';
import type { TileSpec } from '../../charts/spec';
import { paletteNow } from '../../charts/theme';
import { suggestChart, type ChartChoice, type ChartKind } from '../../lib/chart';
import { isNumeric } from '../../lib/cells';
import { count } from '../../lib/format';
import { Empty } from '../../ui/parts';
import { Plot } from '../../ui/Plot';

const KINDS: ChartKind[] = ['line', 'area', 'bar', 'pie', 'scatter'];
const POINTS_MAX = 20_000;

/** A result as a tile of a dashboard shows it. Two columns of one name are told apart. */
function tileOf(result: SqlResult, { kind, x, ys }: ChartChoice): TileSpec {
  const names = distinct(result.columns.map(({ name }) => name));
  const columns = result.columns.map((column, at) => ({ ...column, name: names[at]! }));
  return {
    name: 'result',
    title: 'the result',
    chart: kind,
    sql: '',
    x: names[x]!,
    y: ys.map((y) => names[y]!),
    stacked: false,
    horizontal: false,
    format: {},
    width: 12,
    height: 5,
    sets: {},
    columns,
    reads: [],
    params: [],
  };
}

export function ResultChart({ result }: { result: SqlResult }) {
  const suggested = useMemo(() => suggestChart(result.columns), [result.columns]);
  const [own, setOwn] = useState<ChartChoice | null>(null);
  const choice = own && own.x < result.columns.length && own.ys.every((y) => y < result.columns.length) ? own : suggested;
  const theme = useTheme();
  const [width, setWidth] = useState<number | null>(null);
  const tile = useMemo(() => choice && tileOf(result, choice), [result, choice]);
  const drawn = useMemo(() => {
    if (!tile || width === null) return null;
    return draw(tile, { ...result, columns: tile.columns, rows: result.rows.slice(0, POINTS_MAX) }, { palette: paletteNow(), width, values: {} });
    // The colours are those of the theme.
  }, [tile, result, width, theme]);
  const isCut = result.rows.length > POINTS_MAX;
  if (!choice || !tile) {
    return (
      <Empty icon={ChartNoAxesColumn} title="Nothing to draw">
        <p>A chart needs a column with numbers, and another to put them along: a time or a name.</p>
      </Empty>
    );
  }
  const set = (change: Partial<ChartChoice>) => setOwn({ ...choice, ...change });
  return (
    <div className="stack chart-box">
      <div className="row">
        <label className="row tight small muted">
          Chart
          <select className="input inline" value={choice.kind} onChange={(event) => set({ kind: event.target.value as ChartKind })}>
            {KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
        <label className="row tight small muted">
          along
          <select className="input inline" value={choice.x} onChange={(event) => set({ x: Number(event.target.value) })}>
            {result.columns.map((column, index) => (
              <option key={index} value={index}>
                {column.name}
              </option>
            ))}
          </select>
        </label>
        <fieldset className="row tight small muted">
          <legend className="visually-hidden">Drawn</legend>
          {result.columns.map(
            (column, index) =>
              isNumeric(column) &&
              index !== choice.x && (
                <button
                  key={index}
                  type="button"
                  className="chip"
                  aria-pressed={choice.ys.includes(index)}
                  onClick={() => {
                    const ys = choice.ys.includes(index) ? choice.ys.filter((y) => y !== index) : [...choice.ys, index];
                    if (ys.length > 0) set({ ys });
                  }}
                >
                  {column.name}
                </button>
              ),
          )}
        </fieldset>
      </div>
      <div className="result-plot">
        <Plot option={drawn?.option ?? null} shape={`${theme} ${choice.kind} ${choice.x} ${choice.ys.join()} ${width}`} label={describe(tile, result)} onWidth={setWidth} />
      </div>
      {[...(isCut ? [`Drawn from the first ${count(POINTS_MAX)} of ${count(result.rows.length)} rows.`] : []), ...(drawn?.notes ?? [])].map((note) => (
        <p key={note} className="muted small">
          {note}
        </p>
      ))}
    </div>
  );
}
