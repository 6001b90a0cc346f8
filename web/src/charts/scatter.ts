// Points by two numbers.
import { numberOf, textOf, type CellValue } from '../lib/cells';
import { alongAxis } from './axes';
import { gridOf, indexOf, positionOf } from './data';
import { formatters, readable } from './formats';
import { distinct, labeller } from './labels';
import { base, chosenBy, legendOf, valueAxis, type Drawing, type Look } from './look';
import type { TileResult, TileSpec } from './spec';

export function scatter(tile: TileSpec, result: TileResult, { palette, width, values }: Look): Drawing {
  const formats = formatters(result.columns, tile.format);
  const x = indexOf(result, tile.x);
  const ys = tile.y.map((name) => indexOf(result, name));
  const by = indexOf(result, tile.series);
  const chosen = chosenBy(tile, result, values);
  const label = labeller(result, formats, x, tile.format[tile.x] !== undefined);
  const grid = gridOf({ ...tile, chart: 'scatter', series: null }, result);
  const groups = groupsOf(result, by, ys);
  const labels = distinct([...new Set(result.rows.map((row) => label(row[x])))]);
  const placeOf = (cell: CellValue) => (grid.axis === 'category' ? labels.indexOf(label(cell)) : positionOf(grid.axis, cell));
  const axis =
    grid.axis === 'category'
      ? alongAxis({ ...grid, xs: labels }, palette, textOf, { across: false, width, bar: true })
      : { ...alongAxis(grid, palette, label, { across: false, width, bar: false, format: formats[x] }), splitLine: { lineStyle: { color: palette.grid } } };
  const described = (row: CellValue[], y: number) => [`${readable(result.columns[x]!.name)}: ${grid.axis === 'time' ? label(row[x]) : formats[x]!.exact(row[x], row)}`, `${readable(result.columns[y]!.name)}: ${formats[y]!.exact(row[y], row)}`];
  const rest = result.columns.map((_, at) => at).filter((at) => at !== x && !ys.includes(at));
  return {
    option: {
      ...base(palette),
      tooltip: {
        ...(base(palette).tooltip as object),
        trigger: 'item',
        formatter: ({ seriesIndex, dataIndex }: { seriesIndex: number; dataIndex: number }) => {
          const group = groups[seriesIndex]!;
          const row = result.rows[group.rows[dataIndex]!]!;
          return [...rest.map((at) => formats[at]!.exact(row[at], row)), ...described(row, group.y)].join('\n');
        },
      },
      grid: { ...(base(palette).grid as object), top: groups.length > 1 ? 38 : 24, bottom: 2, outerBoundsContain: 'all' },
      legend: groups.length > 1 ? legendOf(palette, groups.map(({ name }) => name)) : { show: false },
      xAxis: { ...axis, name: grid.axis === 'value' ? readable(tile.x) : undefined, nameLocation: 'middle', nameGap: 28, nameTextStyle: { color: palette.muted, fontSize: 11.5 } },
      yAxis: valueAxis(palette, (value) => formats[ys[0]!]!.short(value), { scale: true, name: groups.length > 1 ? undefined : readable(tile.y[0]!), nameTextStyle: { color: palette.muted, fontSize: 11.5, align: 'left' }, nameGap: 8 }),
      series: groups.map((group) => ({
        name: group.name,
        type: 'scatter',
        symbolSize: result.rows.length > 1000 ? 5 : 8,
        itemStyle: { opacity: result.rows.length > 1000 ? 0.45 : 0.72 },
        data: group.rows.map((at) => ({ value: [placeOf(result.rows[at]![x]), numberOf(result.rows[at]![group.y])], ...(chosen && !chosen(at) && { itemStyle: { opacity: 0.12 } }) })),
      })),
    },
    rowOf: (series, item) => groups[series]?.rows[item] ?? null,
    notes: [],
  };
}

function groupsOf(result: TileResult, by: number, ys: number[]): { name: string; y: number; rows: number[] }[] {
  const all = result.rows.map((_, at) => at);
  if (by < 0) return ys.map((y) => ({ name: readable(result.columns[y]!.name), y, rows: all.filter((at) => numberOf(result.rows[at]![y]) !== null) }));
  const groups = new Map<string, number[]>();
  for (const at of all) {
    const name = textOf(result.rows[at]![by]);
    const group = groups.get(name);
    if (group) group.push(at);
    else groups.set(name, [at]);
  }
  return [...groups].map(([name, rows]) => ({ name, y: ys[0]!, rows }));
}
