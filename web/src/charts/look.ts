// What all charts have in common: their frame, legend, axes and scale, and which marks stand out.
import type { EChartsCoreOption } from 'echarts/core';
import { textOf, type CellValue } from '../lib/cells';
import type { Column } from '../api/types';
import { indexOf } from './data';
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

/** Too narrow for legends beside a chart and for long labels. */
export const NARROW_PX = 430;
/** Opacity of marks beside one that is chosen. */
export const FADED = 0.32;

export const axisText = (palette: Palette) => ({ color: palette.muted, fontSize: 11.5, hideOverlap: true });

export const base = (palette: Palette): Record<string, unknown> => ({
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

export const legendOf = (palette: Palette, names: string[]): Record<string, unknown> => ({
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

export const valueAxis = (palette: Palette, format: (value: number) => string, more: object = {}): object => ({
  type: 'value',
  axisLine: { show: false },
  axisTick: { show: false },
  splitNumber: 4,
  axisLabel: { ...axisText(palette), formatter: format },
  splitLine: { lineStyle: { color: palette.grid } },
  ...more,
});

/** Which cell of which column is chosen by the reader, for tiles whose marks set a param. */
export function chosenBy(tile: TileSpec, result: TileResult, values: ParamValues): ((row: number | null) => boolean) | null {
  for (const [param, column] of Object.entries(tile.sets)) {
    const at = indexOf(result, column);
    const value = values[param];
    if (value !== undefined && at >= 0) return (row) => row !== null && textOf(result.rows[row]?.[at]) === value;
  }
  return null;
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
