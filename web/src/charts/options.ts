// From a tile and its rows to what ECharts draws. Nothing here touches the page, so all of it is tested without one.
import type { EChartsCoreOption } from 'echarts/core';
import { compareCells, isNumeric, isTemporal, numberOf, textOf, type CellValue } from '../lib/cells';
import { count } from '../lib/format';
import type { Column } from '../api/types';
import { binsOf, gridOf, grainOf, indexOf, niceStep, positionOf, type Grain, type Grid, type Point } from './data';
import { sumOf } from './decimals';
import { formatters, isCurrency, readable, short, timeOf, type Formatter } from './formats';
import type { ParamValues, TileResult, TileSpec } from './spec';
import type { Palette } from './theme';

export interface Drawing {
  option: EChartsCoreOption;
  /** Row of the result behind a mark, null where it stands for several or none. */
  rowOf: (series: number, item: number) => number | null;
  /** What a reader must know of what is not drawn as it is in the result. */
  notes: string[];
  /** What is drawn, where that is not the result itself. */
  table?: { columns: Column[]; rows: CellValue[][] };
}

export interface Look {
  palette: Palette;
  width: number; // pixels that the chart has, about
  values: ParamValues; // marks that are chosen by them stand out
}

/** Slices, colours of series: what goes beyond is drawn together. */
export const SERIES_MAX = 8;
/** Too narrow for legends beside a chart and for long labels. */
const NARROW_PX = 430;
/** A letter of a label is about so wide. */
const LETTER_PX = 6;
const SYMBOLS_MAX = 40;
const CELL_LABELS_MAX = 84;
const FADED = 0.32;

const DAY_FORMAT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });
const MONTH_FORMAT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'short', year: 'numeric' });
const MONTH_ALONE = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'short' });
const DAY_ALONE = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });
const DAY_SECONDS = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const SECONDS = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const TIME_FORMAT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

export function timeLabel(at: number, grain: Grain): string {
  if (Number.isNaN(at)) return '–';
  if (grain === 'year') return String(new Date(at).getUTCFullYear());
  return (grain === 'month' ? MONTH_FORMAT : grain === 'day' ? DAY_FORMAT : at % 60_000 === 0 ? TIME_FORMAT : DAY_SECONDS).format(at);
}

/** Years, keys and the like are counted by no one: 2010, not 2,010. */
export const isName = (column: string): boolean => /(?:^|_)(?:id|ind|key|code|year|no)$|[a-z](?:ID|Id|No|Code|Year)$/.test(column);

/** A name along an axis or in a legend, as a person writes it. */
export function labeller(result: TileResult, formats: Formatter[], at: number, explicit: boolean): (cell: CellValue) => string {
  const column = result.columns[at];
  if (!column) return textOf;
  if (isTemporal(column) && !explicit) {
    const grain = grainOf(result.rows.map((row) => row[at]));
    return (cell) => (cell === null || cell === undefined ? '–' : timeLabel(timeOf(cell), grain));
  }
  if (!explicit && formats[at]!.format.kind === 'number') return (cell) => (cell === null || cell === undefined ? '–' : textOf(cell));
  return (cell) => formats[at]!.exact(cell);
}

const axisText = (palette: Palette) => ({ color: palette.muted, fontSize: 11.5, hideOverlap: true });

const base = (palette: Palette): Record<string, unknown> => ({
  animation: false,
  useUTC: true,
  color: palette.series,
  textStyle: { fontFamily: palette.font, color: palette.text },
  tooltip: {
    renderMode: 'richText',
    confine: true,
    backgroundColor: palette.raised,
    borderColor: palette.line,
    borderWidth: 1,
    padding: [8, 11],
    textStyle: { color: palette.text, fontSize: 12, lineHeight: 18 },
    axisPointer: { lineStyle: { color: palette.line }, shadowStyle: { color: palette.text, opacity: 0.06 }, crossStyle: { color: palette.line } },
  },
  grid: { left: 4, right: 14, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
});

const legendOf = (palette: Palette, names: string[]): Record<string, unknown> => ({
  type: 'scroll',
  top: 0,
  left: 0,
  right: 8,
  icon: 'roundRect',
  itemWidth: 10,
  itemHeight: 10,
  itemGap: 14,
  textStyle: { color: palette.muted, fontSize: 12 },
  pageTextStyle: { color: palette.muted },
  pageIconColor: palette.muted,
  pageIconInactiveColor: palette.grid,
  pageIconSize: 10,
  data: names,
});

const valueAxis = (palette: Palette, format: (value: number) => string, more: object = {}): object => ({
  type: 'value',
  axisLine: { show: false },
  axisTick: { show: false },
  splitNumber: 4,
  axisLabel: { ...axisText(palette), formatter: format },
  splitLine: { lineStyle: { color: palette.grid } },
  ...more,
});

/** Which cell of which column is chosen by the reader, for tiles whose marks set a param. */
function chosenBy(tile: TileSpec, result: TileResult, values: ParamValues): ((row: number | null) => boolean) | null {
  for (const [param, column] of Object.entries(tile.sets)) {
    const at = indexOf(result, column);
    const value = values[param];
    if (value !== undefined && at >= 0) return (row) => row !== null && textOf(result.rows[row]?.[at]) === value;
  }
  return null;
}

export function draw(tile: TileSpec, result: TileResult, look: Look): Drawing {
  switch (tile.chart) {
    case 'pie':
      return pie(tile, result, look);
    case 'scatter':
      return scatter(tile, result, look);
    case 'heatmap':
      return heatmap(tile, result, look);
    case 'histogram':
      return histogram(tile, result, look);
    default:
      return cartesian(tile, result, look);
  }
}

function cartesian(tile: TileSpec, result: TileResult, { palette, width, values }: Look): Drawing {
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

/** Two series of one name would be one to ECharts. */
export function distinct(names: string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
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

const DAY_MS = 86_400_000;

/** What tells two ticks apart: hours within two days, days within a season, months within three years; where it begins, and where a year does, more of it. */
export function timeTicks(cells: CellValue[]): (value: number, at: number) => string {
  const times = cells.map(timeOf).filter((time) => !Number.isNaN(time));
  const span = Math.max(...times) - Math.min(...times);
  return (value, at) => {
    const date = new Date(value);
    const isDay = value % DAY_MS === 0;
    const isYear = isDay && date.getUTCMonth() === 0 && date.getUTCDate() === 1;
    if (span < 2 * DAY_MS) return isDay ? DAY_ALONE.format(date) : (value % 60_000 === 0 ? CLOCK : SECONDS).format(date);
    if (span < 120 * DAY_MS) return at === 0 || isYear ? DAY_FORMAT.format(date) : DAY_ALONE.format(date);
    if (span < 1100 * DAY_MS) return isYear ? String(date.getUTCFullYear()) : at === 0 ? MONTH_FORMAT.format(date) : MONTH_ALONE.format(date);
    return String(date.getUTCFullYear());
  };
}

/** Of bars at times, in little room: "Dec 2010", "Jan 2011", "Feb 2011" have the year below where it begins. */
function barTicks(cells: CellValue[]): (label: string, at: number) => string {
  const isMonths = grainOf(cells) === 'month';
  const ticks = timeTicks(cells);
  const dates = cells.map((cell) => new Date(timeOf(cell)));
  return (_, at) => {
    const date = dates[at]!;
    if (Number.isNaN(date.getTime())) return '–';
    if (!isMonths) return ticks(date.getTime(), at);
    const isFirst = at === 0 || dates[at - 1]!.getUTCFullYear() !== date.getUTCFullYear();
    return MONTH_ALONE.format(date) + (isFirst ? `\n${date.getUTCFullYear()}` : '');
  };
}

interface Along {
  isTimes?: boolean; // its names are
  across: boolean;
  width: number;
  bar: boolean;
  format?: Formatter;
}

function alongAxis(grid: Grid, palette: Palette, label: (cell: CellValue) => string, { isTimes = false, across, width, bar, format }: Along): object {
  const line = { axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, splitLine: { show: false } };
  if (grid.axis === 'time') {
    const grain = grainOf(grid.xs);
    const pointer = { label: { formatter: ({ value }: { value: number }) => timeLabel(value, grain) } };
    return { type: 'time', ...line, axisLabel: { ...axisText(palette), formatter: timeTicks(grid.xs) }, axisPointer: pointer, splitNumber: width < NARROW_PX ? 3 : 6 };
  }
  if (grid.axis === 'value') {
    const show = (value: number) => format?.short(value) ?? short(value);
    const pointer = { label: { formatter: ({ value }: { value: number }) => show(value) } };
    return { ...valueAxis(palette, show), ...line, scale: true, axisPointer: pointer };
  }
  const labels = grid.xs.map(label);
  const room = Math.min(280, Math.max(100, Math.round(width * 0.36)));
  return {
    type: 'category',
    data: labels,
    ...line,
    inverse: across,
    axisLine: { show: !across, lineStyle: { color: palette.line } },
    axisLabel: {
      ...axisText(palette),
      color: across ? palette.text : palette.muted,
      hideOverlap: !across,
      ...(across && { width: room, overflow: 'truncate', ellipsis: '…', interval: 0 }),
      ...(!across && isTimes && { formatter: barTicks(grid.xs), lineHeight: 15 }),
      ...(!across && !isTimes && bar && namesLook(labels, width)),
    },
    boundaryGap: bar,
  };
}

/** More names than these are not all written. */
const NAMES_MAX = 24;
/** Beside the names of a chart stand the numbers of its other axis. */
const MARGIN_PX = 60;

/** Names stand upright where all of them have room, else they lean. Everything is said each time, because charts are changed in place. */
function namesLook(labels: string[], width: number): object {
  if (labels.length > NAMES_MAX) return { interval: 'auto', rotate: 0, hideOverlap: true };
  const longest = Math.max(0, ...labels.map((label) => label.length));
  const isCrowded = (longest + 1) * LETTER_PX * labels.length > width - MARGIN_PX && longest > 4;
  return { interval: 0, rotate: isCrowded ? 38 : 0, hideOverlap: !isCrowded, width: isCrowded ? 110 : null, overflow: 'truncate', ellipsis: '…' };
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

interface Slice {
  name: string;
  text: string; // every digit
  value: number;
  row: number | null;
}

function pie(tile: TileSpec, result: TileResult, { palette, width, values }: Look): Drawing {
  const narrow = width < NARROW_PX;
  const formats = formatters(result.columns, tile.format);
  const x = indexOf(result, tile.x);
  const y = indexOf(result, tile.y[0]);
  const chosen = chosenBy(tile, result, values);
  const label = labeller(result, formats, x, tile.format[tile.x] !== undefined);
  const all = result.rows.map((row, at): Slice => ({ name: label(row[x]), text: textOf(row[y]), value: numberOf(row[y]) ?? 0, row: at }));
  const drawn = all.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
  const notes = drawn.length < all.length ? [`${count(all.length - drawn.length)} that ${all.length - drawn.length === 1 ? 'is' : 'are'} not above nought cannot be slices.`] : [];
  const slices = drawn.length > SERIES_MAX ? [...drawn.slice(0, SERIES_MAX - 1), together(drawn.slice(SERIES_MAX - 1))] : drawn;
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  const share = (value: number) => `${((value / total) * 100).toFixed(1).replace(/\.0$/, '')}%`;
  const exact = (slice: Slice) => formats[y]!.exact(slice.text, slice.row === null ? result.rows[drawn[0]!.row!] : result.rows[slice.row]);
  const names = distinct(slices.map(({ name }) => name));
  return {
    option: {
      ...base(palette),
      tooltip: {
        ...(base(palette).tooltip as object),
        trigger: 'item',
        formatter: ({ dataIndex }: { dataIndex: number }) => `${slices[dataIndex]!.name}\n${exact(slices[dataIndex]!)}  ·  ${share(slices[dataIndex]!.value)}`,
      },
      legend: narrow ? { ...legendOf(palette, names), top: undefined, bottom: 0 } : { show: false },
      series: [
        {
          type: 'pie',
          radius: narrow ? ['38%', '66%'] : ['44%', '74%'],
          center: ['50%', narrow ? '44%' : '50%'],
          minAngle: 2,
          padAngle: 0.6,
          itemStyle: { borderRadius: 3, borderColor: palette.surface, borderWidth: 1 },
          label: narrow ? { show: false } : { color: palette.text, fontSize: 12, lineHeight: 16, formatter: ({ dataIndex }: { dataIndex: number }) => `${names[dataIndex]}\n${share(slices[dataIndex]!.value)}`, overflow: 'truncate', width: 130 },
          labelLine: { lineStyle: { color: palette.line }, length: 10, length2: 10 },
          data: slices.map((slice, at) => ({ name: names[at], value: slice.value, ...(chosen && !chosen(slice.row) && { itemStyle: { opacity: FADED } }), ...(slice.row === null && { itemStyle: { color: palette.none } }) })),
        },
      ],
    },
    rowOf: (_, item) => slices[item]?.row ?? null,
    notes,
  };
}

function together(slices: Slice[]): Slice {
  const value = slices.reduce((sum, slice) => sum + slice.value, 0);
  return { name: `${count(slices.length)} others`, text: sumOf(slices.map(({ text }) => text)) ?? String(value), value, row: null };
}

function scatter(tile: TileSpec, result: TileResult, { palette, width, values }: Look): Drawing {
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
    groups.set(name, [...(groups.get(name) ?? []), at]);
  }
  return [...groups].map(([name, rows]) => ({ name, y: ys[0]!, rows }));
}

function heatmap(tile: TileSpec, result: TileResult, { palette, width }: Look): Drawing {
  const narrow = width < NARROW_PX;
  const formats = formatters(result.columns, tile.format);
  const x = indexOf(result, tile.x);
  const y = indexOf(result, tile.y[0]);
  const at = indexOf(result, tile.value);
  const labelX = labeller(result, formats, x, tile.format[tile.x] !== undefined);
  const labelY = labeller(result, formats, y, tile.format[tile.y[0]!] !== undefined);
  const xs = distinctCells(result, x);
  const ys = distinctCells(result, y);
  const rows = result.rows.map((_, row) => row).filter((row) => numberOf(result.rows[row]![at]) !== null);
  const numbers = rows.map((row) => numberOf(result.rows[row]![at])!);
  const low = Math.min(...numbers, Infinity);
  const high = Math.max(...numbers, -Infinity);
  const line = { axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
  const range = numbers.length ? [Math.min(low, low > 0 && low < high * 0.5 ? 0 : low), high] : [0, 1];
  const isLabelled = rows.length <= CELL_LABELS_MAX && xs.cells.length <= (narrow ? 6 : 14);
  return {
    option: {
      ...base(palette),
      tooltip: {
        ...(base(palette).tooltip as object),
        trigger: 'item',
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const row = result.rows[rows[dataIndex]!]!;
          return `${labelX(row[x])} · ${labelY(row[y])}\n${formats[at]!.exact(row[at], row)}`;
        },
      },
      grid: { ...(base(palette).grid as object), right: 6, bottom: 34 },
      xAxis: { type: 'category', data: xs.cells.map(labelX), ...line, axisLabel: { ...axisText(palette), ...namesLook(xs.cells.map(labelX), width - (narrow ? 40 : 70)) } },
      yAxis: { type: 'category', data: ys.cells.map(labelY), inverse: true, ...line, axisLabel: { ...axisText(palette), color: palette.text, width: narrow ? 80 : 130, overflow: 'truncate' } },
      visualMap: scaleOf(palette, range as [number, number], (value) => formats[at]!.short(value)),
      series: [
        {
          type: 'heatmap',
          data: rows.map((row, i) => ({
            value: [xs.places.get(textOf(result.rows[row]![x]))!, ys.places.get(textOf(result.rows[row]![y]))!, numbers[i]!],
            label: { color: labelColour(palette, numbers[i]!, range as [number, number]) },
          })),
          itemStyle: { borderColor: palette.surface, borderWidth: 2, borderRadius: 4 },
          label: { show: isLabelled, fontSize: 11, formatter: ({ dataIndex }: { dataIndex: number }) => formats[at]!.short(numbers[dataIndex]!) },
          emphasis: { itemStyle: { borderColor: palette.text, borderWidth: 1 } },
        },
      ],
    },
    rowOf: (_, item) => rows[item] ?? null,
    notes: [],
  };
}

/** Text upon a cell of the scale: the page's own on the half that is near the page, else the surface's. */
function labelColour(palette: Palette, value: number, [low, high]: [number, number]): string {
  return (value - low) / (high - low || 1) > 0.55 ? palette.surface : palette.text;
}

/** From little to much, with what the ends mean. */
export function scaleOf(palette: Palette, [low, high]: [number, number], format: (value: number) => string): object {
  return {
    type: 'continuous',
    min: low,
    max: high === low ? low + 1 : high,
    calculable: false,
    orient: 'horizontal',
    left: 'center',
    bottom: 0,
    itemWidth: 8,
    itemHeight: 120,
    text: [format(high), format(low)],
    textGap: 8,
    textStyle: { color: palette.muted, fontSize: 11.5 },
    inRange: { color: palette.heat },
    hoverLink: false,
  };
}

/** Times and numbers in their order, names in that of the query. */
function distinctCells(result: TileResult, at: number): { cells: CellValue[]; places: Map<string, number> } {
  const places = new Map<string, number>();
  const cells: CellValue[] = [];
  for (const row of result.rows) {
    const text = textOf(row[at]);
    if (places.has(text)) continue;
    places.set(text, cells.length);
    cells.push(row[at]);
  }
  const column = result.columns[at];
  if (!column || !(isTemporal(column) || isNumeric(column))) return { cells, places };
  const sorted = [...cells].sort(isTemporal(column) ? (a, b) => timeOf(a) - timeOf(b) : compareCells);
  return { cells: sorted, places: new Map(sorted.map((cell, place) => [textOf(cell), place])) };
}

function histogram(tile: TileSpec, result: TileResult, { palette }: Look): Drawing {
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
