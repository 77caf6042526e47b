/** The site of these pages. They stay plain Markdown: what is read on GitHub is what is rendered here. */
import { copyFileSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from 'vitepress'

const docs = fileURLToPath(new URL('..', import.meta.url))
const index = readFileSync(join(docs, 'README.md'), 'utf8')

/** The index is the one list of the pages: its headings and links, in their order. */
const sidebar: DefaultTheme.SidebarItem[] = index
  .split(/^## /m)
  .slice(1)
  .map(section => ({
    text: section.split('\n', 1)[0] ?? '',
    items: [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\.md\)/gm)].map(([, text = '', link = '']) => ({
      text,
      link: `/${link}`,
    })),
  }))

/** Anchors as GitHub makes them, since links are written for both. */
const slugify = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

interface Token {
  type: string
  tag: string
  attrs: [string, string][] | null
}

/** Links hold no links: the next end is its own. */
const endOf = (tokens: readonly Token[], start: Token): Token | undefined =>
  tokens.slice(tokens.indexOf(start)).find(({ type }) => type === 'link_close')

/** The index is `/`. Files of the repository that are not part of the site are named, not linked. */
function fitLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('fit-links', ({ tokens: blocks, env }) => {
    const { relativePath } = env as { readonly relativePath: string }
    const tokens = blocks.flatMap(({ children }) => children ?? [])
    for (const token of tokens.filter(({ type }) => type === 'link_open')) {
      const href = token.attrGet('href') ?? ''
      if (/^(?:[a-z]+:|#)/.test(href)) continue
      const target = posix.join('docs', posix.dirname(relativePath), href)
      if (target === 'docs/README.md') token.attrSet('href', '/')
      if (target.startsWith('docs/')) continue
      const end = endOf(tokens, token)
      Object.assign(token, { type: 'outside_open', tag: 'span', attrs: [['title', target]] })
      if (end !== undefined) Object.assign(end, { type: 'outside_close', tag: 'span' })
    }
  })
}

function drawDiagrams({ renderer: { rules } }: MarkdownRenderer): void {
  const { fence } = rules
  rules.fence = (tokens, at, ...rest) => {
    const { info, content } = tokens[at] ?? { info: '', content: '' }
    if (info !== 'mermaid') return fence?.(tokens, at, ...rest) ?? ''
    return `<ClientOnly><Diagram code="${encodeURIComponent(content)}" /></ClientOnly>`
  }
}

export default defineConfig({
  title: 'Lamplighter',
  description: 'A serverless job runner for TypeScript on AWS',
  lang: 'en',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md' },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    sidebar,
    nav: [
      { text: 'Quick start', link: '/guides/quick-start' },
      { text: 'Reference', link: '/reference' },
      { text: 'Command line', link: '/cli' },
      { text: 'HTTP', link: '/http' },
    ],
    search: { provider: 'local' },
    outline: [2, 3],
  },
  markdown: {
    anchor: { slugify },
    // Braces in a heading are a path's, as in `/v1/jobs/{id}`.
    attrs: { disable: true },
    config: markdown => {
      fitLinks(markdown)
      drawDiagrams(markdown)
    },
  },
  // The document that http.md links to.
  buildEnd: ({ outDir }) => copyFileSync(join(docs, 'openapi.json'), join(outDir, 'openapi.json')),
})
