import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { ahead } from './tools/ahead.mjs';
import { bannerOf, chunks } from './tools/chunks.mjs';
import { routesToServer } from './tools/routes.mjs';

// For work on the console itself: `npm run dev` beside a running pipeline.
const SERVER = process.env.TAILRACE_SERVER ?? 'http://127.0.0.1:7070';

export default defineConfig({
  plugins: [react(), ahead()],
  build: {
    target: 'es2022',
    // Nothing stands in the page itself, so that its policy can be strict.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: { output: { codeSplitting: { groups: chunks }, postBanner: bannerOf } },
  },
  server: { proxy: { [routesToServer()]: SERVER } },
  // No colours, which a program that reads the outcome would trip over; node_modules is shared between clones, so nothing is kept there.
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx'], allowOnly: false, cache: false },
});
