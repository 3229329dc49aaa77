{{- define "upgradegate.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* What roles of users are called after: the release, with the chart's name unless the release is named so already. */}}
{{- define "upgradegate.basename" -}}
{{- if contains (include "upgradegate.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "upgradegate.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "upgradegate.fullname" -}}
{{- .Values.fullnameOverride | default (printf "%s-operator" (include "upgradegate.basename" .)) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "upgradegate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "upgradegate.fullname" .) }}
{{- else -}}
{{- required "serviceAccount.name: name the ServiceAccount that the operator shall use, or set serviceAccount.create to true" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "upgradegate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "upgradegate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "upgradegate.labels" -}}
{{ include "upgradegate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* A tag of digits is a number in a file of values, and Helm would print it as 1.2e+06. */}}
{{- define "upgradegate.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- printf "%s:%v" .Values.image.repository (kindIs "float64" $tag | ternary (int64 $tag) $tag) }}
{{- end }}

{{/* What the operator may do where it guards workloads. */}}
{{- define "upgradegate.rules" -}}
- apiGroups: [upgradegate.dev]
  resources: [upgradegates]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [upgradegate.dev]
  resources: [upgradegates/status]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}
