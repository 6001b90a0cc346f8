// A chart as a picture with its title, as one puts it into a report.
import { paletteNow } from '../../charts/theme';

const SCALE = 2;
const MARGIN = 20 * SCALE;
const TITLE_HEIGHT = 34 * SCALE;

export function pictureOf(title: string, chart: HTMLCanvasElement): Promise<Blob> {
  const palette = paletteNow();
  const canvas = document.createElement('canvas');
  canvas.width = chart.width + 2 * MARGIN;
  canvas.height = chart.height + TITLE_HEIGHT + 2 * MARGIN;
  const context = canvas.getContext('2d')!;
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = palette.text;
  context.font = `600 ${15 * SCALE}px ${palette.font}`;
  context.textBaseline = 'top';
  context.fillText(title, MARGIN, MARGIN, chart.width);
  context.drawImage(chart, MARGIN, MARGIN + TITLE_HEIGHT);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser draws no picture'))), 'image/png'));
}
