// The address of one tile, as a link and as what a web page or wiki takes.
import { Modal } from '../../ui/Modal';
import { CopyButton } from '../../ui/parts';

export function EmbedDialog({ title, address, onClose }: { title: string; address: string; onClose: () => void }) {
  const forms = [
    { name: 'Link', text: address },
    { name: 'For a web page', text: `<iframe src="${address}" title="${title.replaceAll('"', '&quot;')}" width="640" height="360" style="border: 0"></iframe>` },
  ];
  const text = (
    <>
      The tile alone, as it is filtered now, and live. Other sites may frame it when <code>server.cors</code> names them.
    </>
  );
  return (
    <Modal title={`Embed “${title}”`} text={text} open onClose={onClose}>
      {forms.map(({ name, text: form }) => (
        <div key={name}>
          <div className="row between">
            <p className="label">{name}</p>
            <CopyButton text={form} />
          </div>
          <pre className="code" tabIndex={0} aria-label={name}>
            {form}
          </pre>
        </div>
      ))}
    </Modal>
  );
}
