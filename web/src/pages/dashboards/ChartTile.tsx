// A chart and, where it is a map, its magnifier.
import { Minus, Plus } from 'lucide-react';
import { useEffect, useMemo, useState, type RefObject } from 'react';
import { useTheme } from '../../app/theme';
import { describe } from '../../charts/describe';
import type { Drawing, Look } from '../../charts/look';
import { draw } from '../../charts/options';
import { paletteNow } from '../../charts/theme';
import type { ParamValues, TileResult, TileSpec } from '../../charts/spec';
import type { CellValue } from '../../lib/cells';
import { Button, Loading } from '../../ui/parts';
import { Plot, type PlotHandle } from '../../ui/Plot';

interface ChartTileProps {
  tile: TileSpec;
  result: TileResult;
  values: ParamValues;
  handle: RefObject<PlotHandle | null>;
  onRow: (row: CellValue[]) => void;
}

type Draw = (tile: TileSpec, result: TileResult, look: Look) => Drawing;

/** Shapes of countries are large: they come when a map is shown. */
function useDraw(isMap: boolean): Draw | null {
  const [drawMap, setDrawMap] = useState<{ draw: Draw } | null>(null);
  useEffect(() => {
    if (isMap) void import('../../charts/map').then((loaded) => setDrawMap({ draw: loaded.drawMap }));
  }, [isMap]);
  return isMap ? (drawMap?.draw ?? null) : draw;
}

/** Of all values those that marks of the tile stand for: the others do not make it be drawn again. */
function useMarked(tile: TileSpec, values: ParamValues): ParamValues {
  const text = JSON.stringify(Object.entries(values).filter(([name]) => name in tile.sets));
  return useMemo(() => Object.fromEntries(JSON.parse(text) as [string, string][]), [text]);
}

const ZOOM = 1.6;

export function ChartTile({ tile, result, values, handle, onRow }: ChartTileProps) {
  const theme = useTheme();
  const [width, setWidth] = useState<number | null>(null);
  const isMap = tile.chart === 'map';
  const drawing = useDraw(isMap);
  const marked = useMarked(tile, values);
  const drawn = useMemo(
    () => (drawing && width !== null ? drawing(tile, result, { palette: paletteNow(), width, values: marked }) : null),
    [drawing, tile, result, width, marked, theme],
  );
  const label = useMemo(() => describe(tile, result), [tile, result]);
  if (!drawing) return <Loading rows={3} />;
  const shape = `${theme} ${width} ${(drawn?.option.series as unknown[] | undefined)?.length} ${result.columns.length}`;
  return (
    <div className="chart-tile">
      <div className="chart-area">
        <Plot
          option={drawn?.option ?? null}
          shape={shape}
          label={label}
          onWidth={setWidth}
          handle={handle}
          onMark={(series, item) => {
            const row = drawn?.rowOf(series, item) ?? null;
            if (row !== null) onRow(result.rows[row]!);
          }}
        />
        {isMap && (
          <div className="map-zoom">
            <Button icon={Plus} aria-label="Zoom in" onClick={() => handle.current?.zoom(ZOOM)} />
            <Button icon={Minus} aria-label="Zoom out" onClick={() => handle.current?.zoom(1 / ZOOM)} />
          </div>
        )}
      </div>
      {drawn?.notes.map((note) => (
        <p key={note} className="tile-note">
          {note}
        </p>
      ))}
    </div>
  );
}
