// Countries by colour. What has no place on the map is told below it, never lost.
import { numberOf, textOf } from '../lib/cells';
import { placesOf } from './countries';
import { indexOf } from './data';
import { formatters } from './formats';
import { scaleOf, type Drawing, type Look } from './look';
import type { TileResult, TileSpec } from './spec';
import { project, shapes, unproject, WORLD } from './world';

const NAMED_MAX = 12;

export function drawMap(tile: TileSpec, result: TileResult, { palette, values }: Look): Drawing {
  const formats = formatters(result.columns, tile.format);
  const x = indexOf(result, tile.x);
  const y = indexOf(result, tile.y[0]);
  const items: { id: string; row: number }[] = [];
  const unplaced: string[] = [];
  const taken = new Set<string>();
  result.rows.forEach((row, at) => {
    // Two names of one country: the first has the place.
    const ids = placesOf(textOf(row[x])).filter((id) => shapes.has(id) && !taken.has(id));
    ids.forEach((id) => taken.add(id));
    if (ids.length === 0) unplaced.push(`${textOf(row[x])} ${formats[y]!.exact(row[y], row)}`);
    for (const id of ids) items.push({ id, row: at });
  });
  const numbers = items.flatMap(({ row }) => numberOf(result.rows[row]![y]) ?? []);
  const isSpread = spreadOf(numbers) > 100;
  // Where one country has a hundred times what the others have, steps of tens tell more than a straight scale.
  const scaled = (value: number) => (isSpread ? Math.log10(Math.max(value, 1e-9)) : value);
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const [set] = Object.entries(tile.sets);
  const chosen = set && values[set[0]];
  const at = set ? indexOf(result, set[1]) : -1;
  return {
    option: {
      animation: false,
      textStyle: { fontFamily: palette.font, color: palette.text },
      tooltip: {
        renderMode: 'richText',
        trigger: 'item',
        confine: true,
        backgroundColor: palette.raised,
        borderColor: palette.line,
        borderWidth: 1,
        padding: [8, 11],
        textStyle: { color: palette.text, fontSize: 12, lineHeight: 18 },
        formatter: ({ name, dataIndex }: { name: string; dataIndex: number }) => {
          const row = result.rows[items[dataIndex]?.row ?? -1];
          return row ? `${textOf(row[x])}\n${formats[y]!.exact(row[y], row)}` : `${shapes.get(name) ?? name}\nnothing`;
        },
      },
      visualMap: numbers.length ? scaleOf(palette, [scaled(low), scaled(high)], (value) => formats[y]!.short(isSpread ? 10 ** value : value)) : undefined,
      series: [
        {
          type: 'map',
          map: WORLD,
          projection: { project, unproject },
          roam: 'move',
          scaleLimit: { min: 1, max: 12 },
          left: 4,
          right: 4,
          top: 4,
          bottom: 30,
          selectedMode: false,
          itemStyle: { areaColor: palette.none, borderColor: palette.surface, borderWidth: 0.6 },
          emphasis: { label: { show: false }, itemStyle: { areaColor: undefined, borderColor: palette.text, borderWidth: 1.2 } },
          data: items.map(({ id, row }) => ({
            name: id,
            value: scaled(numberOf(result.rows[row]![y]) ?? Number.NaN),
            ...(chosen !== undefined && textOf(result.rows[row]![at]) !== chosen && { itemStyle: { opacity: 0.4 } }),
          })),
        },
      ],
    },
    rowOf: (_, item) => items[item]?.row ?? null,
    notes: unplaced.length ? [`Without a place on the map: ${unplaced.slice(0, NAMED_MAX).join(', ')}${unplaced.length > NAMED_MAX ? ` and ${unplaced.length - NAMED_MAX} more` : ''}.`] : [],
  };
}

function spreadOf(numbers: number[]): number {
  const above = numbers.filter((value) => value > 0);
  return above.length < numbers.length || above.length === 0 ? 1 : Math.max(...above) / Math.min(...above);
}
