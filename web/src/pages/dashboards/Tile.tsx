// One tile: head, body, and what the reader may do with it.
import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { memo, useEffect, useRef, useState, type CSSProperties } from 'react';
import { useNavigate } from 'react-router';
import { embedPath, sqlPath } from '../../app/places';
import { rowsOf } from '../../charts/markdown';
import { chosen, missingFor, sqlWith } from '../../charts/params';
import { paletteNow } from '../../charts/theme';
import type { Dashboard, ParamValues, TileSpec } from '../../charts/spec';
import { textOf, type CellValue } from '../../lib/cells';
import { count } from '../../lib/format';
import { save } from '../../lib/save';
import { usePaused } from '../../lib/usePaused';
import { focusBack } from '../../ui/focus';
import { Button } from '../../ui/parts';
import type { PlotHandle } from '../../ui/Plot';
import { fileOf, useTile } from './api';
import { EmbedDialog } from './EmbedDialog';
import { Markdown } from './Markdown';
import { pictureOf } from './picture';
import { TileBody } from './TileBody';
import { TileMenu } from './TileMenu';

export interface TileProps {
  dashboard: Dashboard;
  tile: TileSpec;
  values: ParamValues;
  onValues: (changes: Record<string, string | null>) => void;
  onFresh: (at: number) => void;
  /** It has the window for itself: on a wall, in another page, in full screen. */
  alone?: boolean;
  /** It may stand in the page of somebody else, and must not lead from there into the console. */
  framed?: boolean;
}

/** Old rows step back when new ones take longer than this. */
const LATE_MS = 300;

const size = ({ width, height, chart, text }: TileSpec): CSSProperties =>
  ({ '--columns': width, '--rows': chart === 'text' ? rowsOf(text ?? '', width) : height }) as CSSProperties;

/** Drawn again for its own rows and for what is chosen, not for those of other tiles. */
export const Tile = memo(function Tile(props: TileProps) {
  const { tile, alone, framed } = props;
  if (tile.chart === 'text') {
    return (
      <section className="tile text" style={alone ? undefined : size(tile)} data-tile={tile.name}>
        <Markdown text={tile.text ?? ''} framed={framed} />
      </section>
    );
  }
  return <DataTile {...props} />;
});

function DataTile({ dashboard, tile, values, onValues, onFresh, alone, framed }: TileProps) {
  const navigate = useNavigate();
  const plot = useRef<PlotHandle>(null);
  const [asTable, setAsTable] = useState(false);
  const [isFull, setFull] = useState(false);
  const [isEmbedding, setEmbedding] = useState(false);
  const [failure, setFailure] = useState('');
  const isMissing = missingFor(tile, dashboard.params, values).length > 0;
  const query = useTile(dashboard.name, tile, values, !isMissing);
  const { data, dataUpdatedAt, isPlaceholderData } = query;
  const isLate = usePaused(isPlaceholderData, LATE_MS) && isPlaceholderData;
  useEffect(() => {
    if (dataUpdatedAt && !isPlaceholderData) onFresh(dataUpdatedAt);
  }, [dataUpdatedAt, isPlaceholderData, onFresh]);
  const onRow = (row: CellValue[]) => {
    if (data && Object.keys(tile.sets).length) onValues(chosen(tile, data.columns, row, values, textOf));
  };
  const isPlot = tile.chart !== 'number' && tile.chart !== 'table';
  const act = (work: Promise<void>) => void work.then(() => setFailure(''), (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)));
  const fileName = `${dashboard.name}-${tile.name}`;
  return (
    <section
      className={`tile ${tile.chart} ${alone ? 'alone' : ''}`}
      style={alone ? undefined : size(tile)}
      aria-labelledby={`tile-${tile.name}-title${alone ? '-alone' : ''}`}
      data-tile={tile.name}
      data-stale={isPlaceholderData || undefined}
      data-late={isLate || undefined}
    >
      <header>
        <h2 id={`tile-${tile.name}-title${alone ? '-alone' : ''}`} title={tile.title}>
          {tile.title}
        </h2>
        <TileMenu
          title={tile.title}
          isChart={tile.chart !== 'table'}
          asTable={asTable}
          onTable={() => setAsTable(!asTable)}
          onFull={alone ? undefined : () => setFull(true)}
          onPicture={isPlot && !asTable ? () => plot.current && act(pictureOf(tile.title, plot.current.picture(paletteNow().surface)).then((blob) => save(`${fileName}.png`, blob))) : undefined}
          onFile={(ending) => act(fileOf(dashboard.name, tile, values, ending).then((blob) => save(`${fileName}.${ending}`, blob)))}
          onEmbed={framed ? undefined : () => setEmbedding(true)}
          onSql={framed ? undefined : () => void navigate(sqlPath(sqlWith(tile.sql, dashboard.params, values)))}
        />
      </header>
      <div className="tile-body">
        <TileBody tile={tile} params={dashboard.params} values={values} result={isMissing ? undefined : data} error={query.error} asTable={asTable} handle={plot} onRow={onRow} />
      </div>
      {data?.cut && <p className="tile-note">Cut: these are the first {count(data.rows.length)} rows.</p>}
      {query.error && data && <p className="tile-note bad-text">Not as fresh as it should be: {query.error.message}</p>}
      {failure && (
        <p className="tile-note bad-text" role="alert">
          {failure}
        </p>
      )}
      {isEmbedding && <EmbedDialog title={tile.title} address={new URL(embedPath(dashboard.name, tile.name, values), window.location.href).href} onClose={() => setEmbedding(false)} />}
      {isFull && (
        <Dialog.Root open onOpenChange={(open) => !open && setFull(false)}>
          <Dialog.Portal>
            <Dialog.Content className="tile-full" onCloseAutoFocus={focusBack} aria-describedby={undefined}>
              <Dialog.Title className="visually-hidden">{tile.title}</Dialog.Title>
              <Dialog.Close asChild>
                <Button className="tile-full-close" look="quiet" icon={X} aria-label="Close full screen" />
              </Dialog.Close>
              <Tile dashboard={dashboard} tile={tile} values={values} onValues={onValues} onFresh={onFresh} alone />
            </Dialog.Content>
          </Dialog.Portal>
        </Dialog.Root>
      )}
    </section>
  );
}
