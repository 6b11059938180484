{{ define "x" }}
{{ if .y }}
{{ end }}
