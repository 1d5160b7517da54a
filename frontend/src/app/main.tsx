import '../ui/tokens.css'
import '../ui/page.css'
import '../ui/parts.css'
import './app.css'
import { createRoot } from 'react-dom/client'
import { App } from './App'

createRoot(document.getElementById('app')!).render(<App />)
