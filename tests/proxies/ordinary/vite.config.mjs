const livelane = 'http://127.0.0.1:8000'
const proxy = { '/api': livelane, '/streams': livelane, '/health': livelane }

export default {
  server: { proxy },
  preview: { proxy },
}
