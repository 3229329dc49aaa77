{{/*
The account of the hooks, with its Role. It belongs to the release, as any ServiceAccount of a chart does: so it outlives a hook
that Helm ran out of patience with and deletes, and the hook can still cancel its gate. An upgrade that brings the gate finds no
such account yet: it gets one for itself, by hooks (first-account.yaml).
*/}}
{{- define "upgrade-gate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "upgrade-gate.fullname" .) }}
{{- else -}}
{{- required (printf "%s.serviceAccount.name: name a ServiceAccount that may get, list, watch, create and patch upgradegates, or set %s.serviceAccount.create to true" .Chart.Name .Chart.Name) .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "upgrade-gate.preAccount" -}}
{{- if include "upgrade-gate.needsFirstAccount" . -}}
{{- include "upgrade-gate.fullname" . }}-first
{{- else -}}
{{- include "upgrade-gate.serviceAccountName" . }}
{{- end }}
{{- end }}

{{- define "upgrade-gate.rules" -}}
- apiGroups: [upgradegate.dev]
  resources: [upgradegates]
  verbs: [get, list, watch, create, patch]
{{- end }}

{{/* What the hook of the upgrade that brings the gate may do: it finishes nothing, so it need not find the gates of its release. */}}
{{- define "upgrade-gate.firstRules" -}}
- apiGroups: [upgradegate.dev]
  resources: [upgradegates]
  verbs: [get, watch, create, patch]
{{- end }}

{{/* Not empty unless the release's account is in the cluster, with the rights that the hook of this chart needs. */}}
{{- define "upgrade-gate.needsFirstAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- $name := include "upgrade-gate.fullname" . }}
{{- $account := lookup "v1" "ServiceAccount" .Release.Namespace (include "upgrade-gate.serviceAccountName" .) }}
{{- $role := lookup "rbac.authorization.k8s.io/v1" "Role" .Release.Namespace $name }}
{{- $binding := lookup "rbac.authorization.k8s.io/v1" "RoleBinding" .Release.Namespace $name }}
{{- $rules := include "upgrade-gate.rules" . | fromYamlArray | toJson }}
{{- if not (and $account $binding (eq $rules (dig "rules" list (default dict $role) | toJson))) }}first{{ end }}
{{- end }}
{{- end }}

{{/* ServiceAccount, Role and RoleBinding. Takes root, account and role (their names), and hook (whether they are hooks). */}}
{{- define "upgrade-gate.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .account }}
  {{- include "upgrade-gate.accountMetadata" (list . -1000004) | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .role }}
  {{- include "upgrade-gate.accountMetadata" (list . -1000003) | nindent 2 }}
rules:
  {{- include (ternary "upgrade-gate.firstRules" "upgrade-gate.rules" .hook) .root | nindent 2 }}
---
# Behind the Role: who may not grant everything may bind only a Role that exists.
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .role }}
  {{- include "upgrade-gate.accountMetadata" (list . -1000002) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .role }}
subjects:
  - kind: ServiceAccount
    name: {{ .account }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{/* Hooks of a weight below that of any Job. At post-delete they take away what a killed Helm left behind. */}}
{{- define "upgrade-gate.accountMetadata" -}}
{{- $it := index . 0 -}}
namespace: {{ $it.root.Release.Namespace }}
labels:
  {{- include "upgrade-gate.labels" $it.root | nindent 2 }}
{{- if $it.hook }}
annotations:
  helm.sh/hook: {{ include "upgrade-gate.preEvents" $it.root }},post-delete
  helm.sh/hook-weight: {{ index . 1 | quote }}
  helm.sh/hook-delete-policy: {{ include "upgrade-gate.deletePolicy" $it.root }}
{{- end }}
{{- end }}
