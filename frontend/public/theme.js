// Chooses light or dark before the first paint; a file of its own because the content policy allows no inline script.
;(() => {
  let choice = null
  try {
    choice = localStorage.getItem('livelane.theme')
  } catch {
    // Storage may be switched off: the system's choice is good enough.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
