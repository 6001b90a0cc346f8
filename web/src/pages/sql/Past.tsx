// Queries that were run here, to be run again.
import { History } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { Button } from '../../ui/parts';

const SHOWN_LETTERS = 300;

export function Past({ queries, onChoose, onForget }: { queries: string[]; onChoose: (sql: string) => void; onForget: () => void }) {
  const [open, setOpen] = useState(false);
  if (queries.length === 0) return null;
  const end = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button icon={History}>History</Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu past-list" align="end" sideOffset={4} collisionPadding={8} aria-label="Queries that were run">
          <ul>
            {queries.map((sql) => (
              <li key={sql}>
                <button type="button" className="mono" onClick={end(() => onChoose(sql))}>
                  {sql.length > SHOWN_LETTERS ? `${sql.slice(0, SHOWN_LETTERS)} ...` : sql}
                </button>
              </li>
            ))}
          </ul>
          <Button look="quiet" onClick={end(onForget)}>
            Forget them
          </Button>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
