// How often values lie where.
import { numberOf } from '../lib/cells';
import { count } from '../lib/format';
import { binsOf, indexOf } from './data';
import { formatters, readable, short } from './formats';
import { axisText, base, valueAxis, type Drawing, type Look } from './look';
import type { TileResult, TileSpec } from './spec';

export function histogram(tile: TileSpec, result: TileResult, { palette }: Look): Drawing {
  const formats = formatters(result.columns, tile.format);
  const x = indexOf(result, tile.x);
  const y = indexOf(result, tile.y[0]);
  const rows = result.rows.filter((row) => numberOf(row[x]) !== null);
  const left = result.rows.length - rows.length;
  const bins = binsOf(rows.map((row) => numberOf(row[x])!), y >= 0 ? rows.map((row) => numberOf(row[y]) ?? 0) : undefined);
  const bound = (value: number) => formats[x]!.exact(String(value), rows[0]);
  const counted = y >= 0 ? readable(result.columns[y]!.name) : 'Count';
  const span = ({ from, to }: { from: number; to: number }) => (from === to ? bound(from) : `${bound(from)} to ${bound(to)}`);
  return {
    option: {
      ...base(palette),
      tooltip: { ...(base(palette).tooltip as object), trigger: 'axis', axisPointer: { type: 'shadow', shadowStyle: { color: palette.text, opacity: 0.06 } } },
      xAxis: {
        type: 'category',
        data: bins.map(span),
        axisLine: { lineStyle: { color: palette.line } },
        axisTick: { show: false },
        // A label where each bin begins, because that is what people look for.
        axisLabel: { ...axisText(palette), formatter: (_: string, at: number) => formats[x]!.short(bins[at]!.from) },
      },
      yAxis: valueAxis(palette, short, { minInterval: y >= 0 ? undefined : 1 }),
      series: [{ name: counted, type: 'bar', barCategoryGap: '4%', itemStyle: { borderRadius: [2, 2, 0, 0] }, data: bins.map((bin) => bin.count), tooltip: { valueFormatter: (_: unknown, at: number) => count(bins[at]!.count) } }],
    },
    rowOf: () => null,
    notes: left > 0 ? [`${count(left)} without a value ${left === 1 ? 'is' : 'are'} left out.`] : [],
    table: {
      columns: [
        { name: `${tile.x} from`, type: 'DOUBLE' },
        { name: 'to', type: 'DOUBLE' },
        { name: counted, type: 'DOUBLE' },
      ],
      rows: bins.map(({ from, to, count: size }) => [from, to, size]),
    },
  };
}
