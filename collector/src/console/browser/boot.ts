// Before anything is drawn: the theme that was chosen here last time; without a choice the system's own is used by the style sheet.
{
  const theme = localStorage.getItem('spyglass.theme')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme
}
