// One figure, and how it stands to what it was.
import { ArrowDown, ArrowUp, Minus } from 'lucide-react';
import type { CSSProperties } from 'react';
import { changeOf } from '../../charts/change';
import { indexOf } from '../../charts/data';
import { formatters } from '../../charts/formats';
import type { TileResult, TileSpec } from '../../charts/spec';

export function NumberTile({ tile, result }: { tile: TileSpec; result: TileResult }) {
  const formats = formatters(result.columns, tile.format);
  const row = result.rows[0] ?? [];
  const at = indexOf(result, tile.y[0]);
  const before = indexOf(result, tile.change);
  const value = formats[at]?.exact(row[at], row) ?? '–';
  const change = before < 0 ? null : changeOf(row[at], row[before]);
  const was = before < 0 ? '' : (formats[before]!.format.kind === 'number' ? formats[at]! : formats[before]!).exact(row[before], row);
  return (
    <div className="number-tile">
      <p className="number-value" style={{ '--letters': value.length } as CSSProperties} data-testid="number">
        {value}
      </p>
      {before >= 0 && (
        <p className={`number-change ${change?.direction ?? 'none'}`}>
          {change ? (
            <>
              {change.direction === 'up' && <ArrowUp size={14} aria-hidden />}
              {change.direction === 'down' && <ArrowDown size={14} aria-hidden />}
              {change.direction === 'same' && <Minus size={14} aria-hidden />}
              <span className="visually-hidden">{change.words}, </span>
              <span aria-hidden>{change.percent}</span>
              <span className="muted">from {was}</span>
            </>
          ) : (
            <span className="muted">nothing to compare with</span>
          )}
        </p>
      )}
    </div>
  );
}
