import http from 'node:http'
import react from '@vitejs/plugin-react'
import type { ProxyOptions } from 'vite'
import { defineConfig } from 'vitest/config'

// Not "localhost": that tries ::1 first, where the service does not listen.
const target = process.env.BACKEND_URL ?? 'http://127.0.0.1:8000'

const api: ProxyOptions = {
  target,
  changeOrigin: false, // the service compares Origin with Host
  agent: new http.Agent({ keepAlive: true, maxSockets: 64 }), // else every answer closes the browser's connection
}

const streams: ProxyOptions = {
  target,
  changeOrigin: false,
  configure(proxy) {
    // Without this a killed backend leaves browsers with a dead stream that looks open (vite#20712).
    proxy.on('proxyRes', (upstream, _request, response) => {
      upstream.on('close', () => {
        if (!upstream.complete && !response.destroyed) response.destroy()
      })
    })
  },
}

const proxy = { '^/(api|docs|health)(/|$)': api, '^/streams(/|\\?|$)': streams }

export default defineConfig({
  // The product may be served under any path prefix: everything is asked for relative to the page's <base>.
  base: './',
  plugins: [react()],
  server: { port: 15173, strictPort: true, proxy },
  preview: { port: 15173, strictPort: true, proxy },
  worker: { format: 'es' },
  build: { target: 'es2022', assetsInlineLimit: 0 },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], restoreMocks: true },
})
