// The frame around every page: navigation, the palette, the theme.
import { LogOut, Menu, Moon, Search, Sun, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { Suspense, useEffect, useRef, useState } from 'react';
import { NavLink, Link, Outlet, useLocation } from 'react-router';
import { keepFocus } from '../ui/focus';
import { Button, Loading } from '../ui/parts';
import mark from './mark.svg';
import { Palette } from './Palette';
import { PLACES } from './places';
import { useSession } from './session';
import { chooseTheme, useTheme } from './theme';

export function Shell() {
  const [palette, setPalette] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setPalette(true);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  useEffect(keepFocus, []);
  useEffect(() => {
    setDrawer(false);
    // A screen reader begins at the new page, as after a real navigation.
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="topbar">
        <Dialog.Root open={drawer} onOpenChange={setDrawer}>
          <Dialog.Trigger asChild>
            <Button look="quiet" icon={Menu} aria-label="Menu" />
          </Dialog.Trigger>
          <Dialog.Portal>
            <div className="scrim" />
            <Dialog.Content className="drawer" aria-describedby={undefined}>
              <Dialog.Title className="visually-hidden">Menu</Dialog.Title>
              <Navigation onSearch={() => setPalette(true)} close={<CloseDrawer />} />
            </Dialog.Content>
          </Dialog.Portal>
        </Dialog.Root>
        <img src={mark} alt="" />
        <PipelineName />
      </header>
      <div className="shell">
        <Navigation onSearch={() => setPalette(true)} />
        <main id="main" ref={main} tabIndex={-1} className="page">
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Palette open={palette} onClose={() => setPalette(false)} />
    </>
  );
}

function PipelineName() {
  const { pipeline } = useSession();
  return <span className="ellipsis">{pipeline}</span>;
}

function CloseDrawer() {
  return (
    <Dialog.Close asChild>
      <Button look="quiet" icon={X} aria-label="Close the menu" />
    </Dialog.Close>
  );
}

function Navigation({ onSearch, close }: { onSearch: () => void; close?: React.ReactNode }) {
  const session = useSession();
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <nav className="nav" aria-label="Console">
      <div className="row between">
        <Link className="brand" to="/">
          <img src={mark} alt="" />
          <span className="grow">
            Tailrace
            <small className="ellipsis">{session.pipeline}</small>
          </span>
        </Link>
        {close}
      </div>
      <ul>
        {PLACES.map(({ path, title, icon: Icon }) => (
          <li key={path}>
            <NavLink to={path} end={path === '/'}>
              <Icon size={16} aria-hidden />
              {title}
            </NavLink>
          </li>
        ))}
      </ul>
      <div className="foot">
        <Button look="quiet" icon={Search} onClick={onSearch}>
          Find <kbd>Ctrl K</kbd>
        </Button>
        <Button look="quiet" icon={theme === 'dark' ? Sun : Moon} onClick={() => chooseTheme(other)}>
          {theme === 'dark' ? 'Light theme' : 'Dark theme'}
        </Button>
        {!session.open && (
          <Button look="quiet" icon={LogOut} onClick={session.signOut}>
            Sign out
          </Button>
        )}
      </div>
    </nav>
  );
}
