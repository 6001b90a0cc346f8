import { ChartNoAxesColumn } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import type { SqlResult } from '../../api/sql';
import { chartData, suggestChart, type ChartChoice, type ChartKind } from '../../lib/chart';
import { isNumeric, isTemporal } from '../../lib/cells';
import { axisOf, Chart, type Palette } from '../../ui/Chart';
import { Empty } from '../../ui/parts';

const KINDS: ChartKind[] = ['line', 'area', 'bar', 'pie', 'scatter'];
const POINTS_MAX = 20_000;

export function ResultChart({ result }: { result: SqlResult }) {
  const suggested = useMemo(() => suggestChart(result.columns), [result.columns]);
  const [own, setOwn] = useState<ChartChoice | null>(null);
  const choice = own && own.x < result.columns.length && own.ys.every((y) => y < result.columns.length) ? own : suggested;
  const data = useMemo(() => choice && chartData(result.columns, result.rows.slice(0, POINTS_MAX), choice), [result, choice]);
  const option = useCallback(
    (palette: Palette) => {
      if (!choice || !data) return {};
      if (choice.kind === 'pie') {
        const values = data.labels.map((name, i) => ({ name, value: data.values[0]![i] }));
        return { tooltip: { trigger: 'item', renderMode: 'richText' }, series: [{ type: 'pie', radius: ['42%', '70%'], data: values, label: { color: palette.muted } }] };
      }
      const isTime = isTemporal(result.columns[choice.x]!);
      const isValue = choice.kind === 'scatter' && isNumeric(result.columns[choice.x]!);
      return {
        xAxis: axisOf(palette, { type: isTime ? 'time' : isValue ? 'value' : 'category', ...(isTime || isValue ? {} : { data: data.labels }), splitLine: { show: false } }),
        yAxis: axisOf(palette, { type: 'value', axisLine: { show: false } }),
        dataZoom: [{ type: 'inside' }],
        series: data.values.map((values, i) => ({
          name: data.names[i],
          type: choice.kind === 'area' ? 'line' : choice.kind,
          data: isTime || isValue ? values.map((value, row) => [data.labels[row], value]) : values,
          showSymbol: data.labels.length < 60,
          symbolSize: choice.kind === 'scatter' ? 7 : 4,
          sampling: 'lttb',
          barMaxWidth: 42,
          ...(choice.kind === 'area' && { areaStyle: { opacity: 0.18 } }),
        })),
      };
    },
    [choice, data, result.columns],
  );
  if (!choice || !data) {
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
      <Chart option={option} label={`${choice.kind} chart of ${data.names.join(', ')} along ${result.columns[choice.x]!.name}`} height={380} />
    </div>
  );
}
