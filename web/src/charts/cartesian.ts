// Lines, areas and bars.
import { isTemporal, textOf } from '../lib/cells';
import { alongAxis } from './axes';
import { gridOf, indexOf, niceStep, positionOf, type Grid, type Point } from './data';
import { formatters, isCurrency, short, type Formatter } from './formats';
import { distinct, labeller } from './labels';
import { base, chosenBy, FADED, legendOf, valueAxis, type Drawing, type Look } from './look';
import type { TileResult, TileSpec } from './spec';
import type { Palette } from './theme';

/** With more points than these a line has no symbols. */
const SYMBOLS_MAX = 40;

export function cartesian(tile: TileSpec, result: TileResult, { palette, width, values }: Look): Drawing {
  const formats = formatters(result.columns, tile.format);
  const grid = gridOf(tile, result);
  const chosen = chosenBy(tile, result, values);
  const label = labeller(result, formats, grid.x, tile.format[tile.x] !== undefined);
  const isBar = tile.chart === 'bar';
  const across = isBar && tile.horizontal;
  const many = grid.series.length > 1;
  const first = grid.series[0];
  const code = first && currencyOf(formats[first.column]!, result, first.points);
  // An axis of dollars and euros is one of plain numbers.
  const isOneKind = new Set(grid.series.map(({ column }) => JSON.stringify(formats[column]!.format))).size <= 1;
  const isScaled = !isBar && tile.chart !== 'area' && far(grid);
  const about = { currency: code, step: isScaled ? stepOf(grid) : undefined };
  const shortY = (value: number) => (first && isOneKind ? formats[first.column]!.short(value, about) : short(value, about.step));
  const names = distinct(grid.series.map((one) => one.name));
  const column = result.columns[grid.x];
  const isTimes = grid.axis === 'category' && column !== undefined && isTemporal(column) && tile.format[tile.x] === undefined;
  const along = alongAxis(grid, palette, label, { isTimes, across, width, bar: isBar, format: formats[grid.x] });
  const upwards = valueAxis(palette, shortY, { scale: isScaled });
  const series = grid.series.map((one, at) => ({
    name: names[at],
    type: isBar ? 'bar' : 'line',
    data: one.points.map((point, place) => mark(grid, place, point, tile, isBar && chosen && !chosen(point.row) ? { itemStyle: { opacity: FADED } } : null)),
    tooltip: { valueFormatter: (_: unknown, item: number) => exactOf(one.points[item], formats[one.column]!, result, one.column) },
    ...(tile.stacked && { stack: 'all' }),
    ...(isBar ? barLook(tile, many, across) : lineLook(tile, one.points, palette)),
    ...(at >= palette.series.length && { color: palette.series[at % palette.series.length] }),
  }));
  return {
    option: {
      ...base(palette),
      tooltip: { ...(base(palette).tooltip as object), trigger: 'axis', axisPointer: { ...((base(palette).tooltip as { axisPointer: object }).axisPointer as object), type: isBar ? 'shadow' : 'line' } },
      grid: { ...(base(palette).grid as object), top: many ? 38 : 12 },
      legend: many ? legendOf(palette, names) : { show: false },
      xAxis: across ? upwards : along,
      yAxis: across ? along : upwards,
      series,
    },
    rowOf: (seriesAt, item) => grid.series[seriesAt]?.points[item]?.row ?? null,
    notes: [],
  };
}

const valuesOf = (grid: Grid): number[] => grid.series.flatMap((one) => one.points.flatMap(({ value }) => (value === null ? [] : [value])));

/** All values are far from nought, so that a line from nought would be flat. */
function far(grid: Grid): boolean {
  const values = valuesOf(grid);
  const low = Math.min(...values);
  return values.length > 0 && low > 0 && low > Math.max(...values) * 0.5;
}

/** What the labels of an axis that does not begin at nought are apart, about. */
function stepOf(grid: Grid): number | undefined {
  const values = valuesOf(grid);
  const span = Math.max(...values) - Math.min(...values);
  return span > 0 ? niceStep(span / 4) : undefined;
}

function mark(grid: Grid, place: number, point: Point, tile: TileSpec, style: object | null): unknown {
  // A gap in one of several areas that stand on each other would let the upper ones fall through.
  const value = point.value === null && tile.stacked && tile.chart === 'area' ? 0 : point.value;
  const data = grid.axis === 'category' ? value : [positionOf(grid.axis, grid.xs[place]), value];
  return style ? { value: data, ...style } : data;
}

function exactOf(point: Point | undefined, format: Formatter, result: TileResult, column: number): string {
  if (!point || point.row === null) return '–';
  const row = result.rows[point.row]!;
  return format.exact(row[column], row);
}

/** The one currency of all marks; none where they differ. */
function currencyOf(format: Formatter, result: TileResult, points: Point[]): string | undefined {
  if (format.format.currency) return format.format.currency;
  const at = indexOf(result, format.format.currencyColumn);
  if (at < 0) return undefined;
  const codes = new Set(points.flatMap(({ row }) => (row === null ? [] : [textOf(result.rows[row]![at])])));
  const [code] = codes;
  return codes.size === 1 && isCurrency(code!) ? code : undefined;
}

function barLook(tile: TileSpec, many: boolean, across: boolean): object {
  const ends = tile.stacked && many ? 0 : across ? [0, 3, 3, 0] : [3, 3, 0, 0];
  return { barMaxWidth: across ? 22 : 46, barCategoryGap: across ? '32%' : '26%', itemStyle: { borderRadius: ends }, emphasis: { focus: many ? 'series' : 'none' }, cursor: Object.keys(tile.sets).length ? 'pointer' : 'default' };
}

function lineLook(tile: TileSpec, points: Point[], palette: Palette): object {
  const alone = points.filter(({ value }) => value !== null).length < 2;
  return {
    showSymbol: alone || points.length <= SYMBOLS_MAX,
    symbol: 'circle',
    symbolSize: alone ? 8 : 5,
    connectNulls: false,
    lineStyle: { width: points.length > 400 ? 1.4 : 2 },
    ...(tile.chart === 'area' && { areaStyle: { opacity: tile.stacked ? 0.55 : 0.16 } }),
    emphasis: { focus: 'none', itemStyle: { borderColor: palette.surface, borderWidth: 2 } },
  };
}
