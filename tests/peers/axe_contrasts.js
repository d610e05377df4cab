// Judges the contrast of all texts but those that look like one that axe has passed before.
//
// A look is all that the browser draws a text with: its own colours, size and weight, every background up to the first
// that lets nothing through, and what dims it. Where an image lies behind a text, or maybe something other than its
// ancestors, because it is taken out of its place before a background covers that, it has no look (''): it is judged
// each time. So is all that axe does not pass.
async ({ passed, mark }) => {
  const styles = new Map()
  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element))
    return styles.get(element)
  }

  const look = (element) => {
    const own = style(element)
    const seen = [own.color, own.fontSize, own.fontWeight, own.textShadow, own.webkitTextFillColor]
    let covered = false
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position } = style(at)
      if (opacity !== '1' || filter !== 'none' || mixBlendMode !== 'normal') seen.push(opacity, filter, mixBlendMode)
      if (covered) continue
      if (backgroundImage !== 'none') return ''
      seen.push(backgroundColor)
      covered = backgroundColor.startsWith('rgb(')
      if (!covered && position !== 'static' && position !== 'relative') return ''
    }
    return seen.filter((part) => part !== 'rgba(0, 0, 0, 0)').join(' ')
  }

  // For screen readers alone, or above the page until it has the focus: axe does not judge these either.
  const unseen = (element) => {
    const { bottom, right } = element.getBoundingClientRect()
    if (bottom <= 0 || right <= 0) return true
    for (let at = element; at; at = at.parentElement) {
      if (style(at).overflow === 'hidden' && at.offsetWidth <= 1) return true
    }
    return false
  }
  const written = (element) =>
    element.matches('input, select, textarea') ||
    [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim())

  const before = new Set(passed)
  const looks = new Map()
  for (const element of document.querySelectorAll('body, body *')) {
    if (!written(element) || !element.checkVisibility() || unseen(element)) continue
    const its = look(element)
    if (before.has(its)) continue
    looks.set(element, its)
    element.setAttribute(mark, '')
  }
  if (looks.size === 0) return { judged: 0, passed: [], violations: [] }

  axe.configure({ rules: [{ id: 'color-contrast', selector: `[${mark}]` }] })
  const found = await axe.run(document, {
    runOnly: ['color-contrast'],
    resultTypes: ['violations', 'passes'],
    elementRef: true,
  })
  const nodes = (rules) => rules.flatMap((rule) => rule.nodes)
  const fresh = new Set(nodes(found.passes).map(({ element }) => looks.get(element)))
  fresh.delete('')
  for (const node of nodes(found.violations)) delete node.element
  for (const element of looks.keys()) element.removeAttribute(mark)
  return { judged: looks.size, passed: [...fresh], violations: found.violations }
}
