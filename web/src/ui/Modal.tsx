// A dialog over the page. It keeps the keyboard in it; Escape ends it, and the keyboard is where it was.
import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { focusBack } from './focus';
import { Button } from './parts';

interface ModalProps {
  title: string;
  text?: ReactNode;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function Modal({ title, text, open, onClose, children }: ModalProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <div className="scrim" />
        <Dialog.Content className="dialog" onCloseAutoFocus={focusBack} {...(!text && { 'aria-describedby': undefined })}>
          <div className="body stack">
            <Dialog.Title>{title}</Dialog.Title>
            {text && <Dialog.Description className="muted small">{text}</Dialog.Description>}
            {children}
          </div>
          {/* Behind the others, so that the keyboard begins at what the dialog is for. */}
          <Dialog.Close asChild>
            <Button className="dialog-close" look="quiet" icon={X} aria-label="Close" />
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
