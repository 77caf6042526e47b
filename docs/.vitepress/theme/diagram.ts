import { useData } from 'vitepress'
import { defineComponent, h, ref, watchEffect } from 'vue'

/** A diagram in mermaid's words, drawn in the browser; mermaid is loaded by the pages that have one. */
export const Diagram = defineComponent({
  props: { code: { type: String, required: true } },
  setup({ code }) {
    const { isDark } = useData()
    const svg = ref('')
    watchEffect(async () => {
      const theme = isDark.value ? 'dark' : 'default'
      const { default: mermaid } = await import('mermaid')
      mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme })
      svg.value = (await mermaid.render('diagram', decodeURIComponent(code))).svg
    })
    return () => h('div', { innerHTML: svg.value })
  },
})
