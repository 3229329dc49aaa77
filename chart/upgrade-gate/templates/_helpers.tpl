{{/* The release and this chart's name (its alias, where it has one), short enough to take a suffix of six characters. */}}
{{- define "upgrade-gate.fullname" -}}
{{- $name := printf "%s-%s" .Release.Name .Chart.Name | replace "." "-" }}
{{- if gt (len $name) 57 }}
{{- $name = printf "%s-%s" (trunc 48 $name | trimSuffix "-") (sha256sum $name | trunc 8) }}
{{- end }}
{{- $name }}
{{- end }}

{{/* Without app.kubernetes.io/instance: a Service that selects by it alone would take the hook's pod for one of the application's. */}}
{{- define "upgrade-gate.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/component: upgrade-hook
upgradegate.dev/release: {{ .Release.Name }}
{{- end }}

{{/* A tag of digits is a number in a file of values, and Helm would print it as 1.2e+06. */}}
{{- define "upgrade-gate.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- printf "%s:%v" .Values.image.repository (kindIs "float64" $tag | ternary (int64 $tag) $tag) }}
{{- end }}

{{/* The events at which the Job that asks runs; with the `preRollback` switch a rollback is an upgrade too. */}}
{{- define "upgrade-gate.preEvents" -}}
pre-upgrade{{ if .Values.preRollback }},pre-rollback{{ end }}
{{- end }}

{{- define "upgrade-gate.postEvents" -}}
post-upgrade{{ if .Values.preRollback }},post-rollback{{ end }}
{{- end }}

{{/* Whatever happens, nothing that a hook made outlives it. */}}
{{- define "upgrade-gate.deletePolicy" -}}
before-hook-creation,hook-succeeded,hook-failed
{{- end }}
