// A question that has to be answered before something happens. The browser's own dialog keeps the focus inside.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const ended = useRef(false);
  useLayoutEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    element?.showModal();
    return () => {
      ended.current = true;
      element?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  // The browser closes it by itself at Escape, at times without asking first.
  const closed = () => {
    if (!ended.current) close();
  };
  return (
    <dialog ref={dialog} aria-label={title} onClose={closed}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}
