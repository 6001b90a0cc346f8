// The axis along which a chart runs: times, numbers or names.
import type { CellValue } from '../lib/cells';
import { grainOf, type Grid } from './data';
import { short, type Formatter } from './formats';
import { axisText, NARROW_PX, valueAxis } from './look';
import type { Palette } from './theme';
import { barTicks, timeLabel, timeTicks } from './times';

interface Along {
  isTimes?: boolean; // its names are
  across: boolean;
  width: number;
  bar: boolean;
  format?: Formatter;
}

export function alongAxis(grid: Grid, palette: Palette, label: (cell: CellValue) => string, { isTimes = false, across, width, bar, format }: Along): object {
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
/** A letter of a label is about so wide. */
const LETTER_PX = 6;
/** Beside the names of a chart stand the numbers of its other axis. */
const MARGIN_PX = 60;

/** Names stand upright where all of them have room, else they lean. Everything is said each time, because charts are changed in place. */
export function namesLook(labels: string[], width: number): object {
  if (labels.length > NAMES_MAX) return { interval: 'auto', rotate: 0, hideOverlap: true };
  const longest = Math.max(0, ...labels.map((label) => label.length));
  const isCrowded = (longest + 1) * LETTER_PX * labels.length > width - MARGIN_PX && longest > 4;
  return { interval: 0, rotate: isCrowded ? 38 : 0, hideOverlap: !isCrowded, width: isCrowded ? 110 : null, overflow: 'truncate', ellipsis: '…' };
}
