import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { SessionGate } from './app/session';
import { fontIsThere } from './app/font';
import { queries, whoami } from './app/queries';
import { startTheme } from './app/theme';
import { router } from './router';
import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';

startTheme();
// Answered while the script of the page is on its way.
void queries.prefetchQuery(whoami);

// Charts measure their labels when they are drawn.
await fontIsThere();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <SessionGate>
        <RouterProvider router={router} />
      </SessionGate>
    </QueryClientProvider>
  </StrictMode>,
);
