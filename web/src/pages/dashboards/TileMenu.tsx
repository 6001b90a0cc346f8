// What can be done with one tile.
import { Code, Download, Ellipsis, Image, Link2, Maximize2, Table2, ChartNoAxesColumn } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { Button } from '../../ui/parts';

export interface TileActions {
  title: string;
  isChart: boolean;
  asTable: boolean;
  onTable: () => void;
  onFull?: () => void;
  onPicture?: () => void;
  onFile: (ending: 'csv' | 'parquet') => void;
  onEmbed?: () => void;
  onSql?: () => void;
}

export function TileMenu({ title, isChart, asTable, onTable, onFull, onPicture, onFile, onEmbed, onSql }: TileActions) {
  const item = (icon: typeof Code, text: string, act: () => void) => {
    const Icon = icon;
    return (
      <DropdownMenu.Item key={text} className="menu-item" onSelect={act}>
        <Icon size={15} aria-hidden /> {text}
      </DropdownMenu.Item>
    );
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button look="quiet" icon={Ellipsis} aria-label={`Menu of ${title}`} className="tile-menu" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8}>
          {onFull && item(Maximize2, 'Full screen', onFull)}
          {isChart && item(asTable ? ChartNoAxesColumn : Table2, asTable ? 'Show as chart' : 'Show as table', onTable)}
          {onPicture && item(Image, 'Save as PNG', onPicture)}
          {item(Download, 'Save as CSV', () => onFile('csv'))}
          {item(Download, 'Save as Parquet', () => onFile('parquet'))}
          {onEmbed && item(Link2, 'Link and embed', onEmbed)}
          {onSql && item(Code, 'Open in SQL', onSql)}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
