// A number for each pair of two things, as a colour.
import { compareCells, isNumeric, isTemporal, numberOf, textOf, type CellValue } from '../lib/cells';
import { namesLook } from './axes';
import { indexOf } from './data';
import { formatters, timeOf } from './formats';
import { labeller } from './labels';
import { axisText, base, NARROW_PX, scaleOf, type Drawing, type Look } from './look';
import type { TileResult, TileSpec } from './spec';
import type { Palette } from './theme';

/** More cells than these have no number written on them. */
const CELL_LABELS_MAX = 84;

export function heatmap(tile: TileSpec, result: TileResult, { palette, width }: Look): Drawing {
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
