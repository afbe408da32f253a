// Before anything is drawn: the theme last chosen in this browser; without a choice the style sheet follows the system.
{
  const theme = localStorage.getItem('spyglass.theme')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme
}
