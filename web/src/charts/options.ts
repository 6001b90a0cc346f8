// From a tile and its rows to what ECharts draws. Nothing here touches the page, so all of it is tested without one.
import { cartesian } from './cartesian';
import { heatmap } from './heatmap';
import { histogram } from './histogram';
import type { Drawing, Look } from './look';
import { pie } from './pie';
import { scatter } from './scatter';
import type { TileResult, TileSpec } from './spec';

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
