// Shares of a whole.
import { numberOf, textOf } from '../lib/cells';
import { count } from '../lib/format';
import { indexOf } from './data';
import { sumOf } from './decimals';
import { formatters } from './formats';
import { distinct, labeller } from './labels';
import { base, chosenBy, FADED, legendOf, NARROW_PX, type Drawing, type Look } from './look';
import type { TileResult, TileSpec } from './spec';

/** What goes beyond these is drawn together. */
const SLICES_MAX = 8;

interface Slice {
  name: string;
  text: string; // every digit
  value: number;
  row: number | null;
}

export function pie(tile: TileSpec, result: TileResult, { palette, width, values }: Look): Drawing {
  const narrow = width < NARROW_PX;
  const formats = formatters(result.columns, tile.format);
  const x = indexOf(result, tile.x);
  const y = indexOf(result, tile.y[0]);
  const chosen = chosenBy(tile, result, values);
  const label = labeller(result, formats, x, tile.format[tile.x] !== undefined);
  const all = result.rows.map((row, at): Slice => ({ name: label(row[x]), text: textOf(row[y]), value: numberOf(row[y]) ?? 0, row: at }));
  const drawn = all.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
  const notes = drawn.length < all.length ? [`${count(all.length - drawn.length)} that ${all.length - drawn.length === 1 ? 'is' : 'are'} not above nought cannot be slices.`] : [];
  const slices = drawn.length > SLICES_MAX ? [...drawn.slice(0, SLICES_MAX - 1), together(drawn.slice(SLICES_MAX - 1))] : drawn;
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
