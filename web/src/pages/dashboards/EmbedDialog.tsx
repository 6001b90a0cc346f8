// The address of one tile, as a link and as what a web page or wiki takes.
import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { Button, CopyButton } from '../../ui/parts';

export function EmbedDialog({ title, address, onClose }: { title: string; address: string; onClose: () => void }) {
  const forms = [
    { name: 'Link', text: address },
    { name: 'For a web page', text: `<iframe src="${address}" title="${title.replaceAll('"', '&quot;')}" width="640" height="360" style="border: 0"></iframe>` },
  ];
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <div className="scrim" />
        <Dialog.Content className="dialog">
          <div className="body stack">
            <div className="row between">
              <Dialog.Title asChild>
                <h2>Embed “{title}”</h2>
              </Dialog.Title>
              <Dialog.Close asChild>
                <Button look="quiet" icon={X} aria-label="Close" />
              </Dialog.Close>
            </div>
            <Dialog.Description className="muted small">
              The tile alone, as it is filtered now, and live. Other sites may frame it when <code>server.cors</code> names them.
            </Dialog.Description>
            {forms.map(({ name, text }) => (
              <div key={name}>
                <div className="row between">
                  <p className="label">{name}</p>
                  <CopyButton text={text} />
                </div>
                <pre className="code" tabIndex={0} aria-label={name}>
                  {text}
                </pre>
              </div>
            ))}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
