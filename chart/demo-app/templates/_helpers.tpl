{{- define "demo-app.fullname" -}}
{{- printf "%s-app" .Release.Name }}
{{- end }}

{{- define "demo-app.tag" -}}
{{- include "demo-app.text" (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}

{{- define "demo-app.version" -}}
{{- include "demo-app.text" (.Values.version | default (include "demo-app.tag" .)) }}
{{- end }}

{{/* A whole number without an exponent: digits in a file of values are a number, and Helm would print it as 1.2e+06. */}}
{{- define "demo-app.text" -}}
{{- if and (kindIs "float64" .) (eq (float64 .) (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- define "demo-app.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "demo-app.labels" -}}
{{ include "demo-app.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
