{{/*
The gates to request, as a stream of YAML documents without names: the CLI makes each name of the target and the UID of its
pod, so that no two upgrades share a gate.
*/}}
{{- define "upgrade-gate.manifests" -}}
{{- $chart := .Chart.Name }}
{{- if and .Values.target .Values.gates }}
{{- fail (printf "%s.target and %s.gates are both set: name every target in %s.gates, or use %s.target alone" $chart $chart $chart $chart) }}
{{- end }}
{{- $targets := dict }}
{{- range $gate := .Values.gates | default (list (dict)) }}
{{- $spec := include "upgrade-gate.spec" (dict "root" $ "gate" $gate) | fromYaml }}
{{- $target := $spec.targetRef.name }}
{{- if hasKey $targets $target }}
{{- fail (printf "%s.gates: the target %s is there twice; one upgrade of a target is one gate" $chart $target) }}
{{- end }}
{{- $_ := set $targets $target true }}
---
apiVersion: upgradegate.dev/v1alpha1
kind: UpgradeGate
metadata:
  namespace: {{ $.Release.Namespace }}
  labels:
    upgradegate.dev/release: {{ $.Release.Name }}
spec:
  {{- toYaml $spec | nindent 2 }}
{{- end }}
{{- end }}

{{/* The spec of one gate: what the entry of `gates` says, else what the top level says. */}}
{{- define "upgrade-gate.spec" -}}
{{- $values := .root.Values }}
{{- $gate := .gate }}
{{- $chart := .root.Chart.Name }}
{{- $flat := dict }}
{{- range list "target" "minReady" "onDeadline" "onMissingTarget" "progressSeconds" }}
{{- $_ := set $flat . (get (ternary $gate $values (hasKey $gate .)) .) }}
{{- end }}
{{- $probe := include "upgrade-gate.inherit" (list $gate.probe $values.probe) | fromYaml }}
{{- $drain := include "upgrade-gate.inherit" (list $gate.drain $values.drain) | fromYaml }}
{{- $target := tpl $flat.target .root | trim }}
{{- if not $target }}
{{- fail (printf "%s.target: name the Deployment that the gate guards, or set %s.enabled to false" $chart $chart) }}
{{- end }}
{{- if not $probe.path }}
{{- fail (printf "%s.probe.path: name the path that says whether a pod of %s can be upgraded, such as /upgradeable" $chart $target) }}
{{- end }}
targetRef:
  apiVersion: apps/v1
  kind: Deployment
  name: {{ $target | quote }}
onMissingTarget: {{ $flat.onMissingTarget }}
probe:
  httpGet:
    path: {{ $probe.path | quote }}
    port: {{ toJson $probe.port }}
  {{- with $probe.ready }}
  ready: {{ toJson . }}
  {{- end }}
  periodSeconds: {{ int $probe.periodSeconds }}
  timeoutSeconds: {{ int $probe.timeoutSeconds }}
{{- if $drain.path }}
{{- $least := mul 3 (int $probe.timeoutSeconds) }}
{{- if lt (int $drain.leaseSeconds) (int $least) }}
{{- fail (printf "%s.drain.leaseSeconds: must be at least three times probe.timeoutSeconds, so %d for %s, or a slow answer lets the drain run out" $chart $least $target) }}
{{- end }}
drain:
  http:
    path: {{ $drain.path | quote }}
    port: {{ toJson $drain.port }}
  leaseSeconds: {{ int $drain.leaseSeconds }}
{{- end }}
minReady: {{ toJson $flat.minReady }}
deadlineSeconds: {{ sub (int $values.timeoutSeconds) 120 }}
onDeadline: {{ $flat.onDeadline }}
progressSeconds: {{ int $flat.progressSeconds }}
ttlSecondsAfterFinished: {{ int $values.ttlSecondsAfterFinished }}
{{- end }}

{{/* The first map, with what it does not have from the second. Unlike sprig's merge an empty value counts: path "" is no drain. */}}
{{- define "upgrade-gate.inherit" -}}
{{- $own := index . 0 | default dict }}
{{- $result := dict }}
{{- range $key, $value := index . 1 }}
{{- $_ := set $result $key (ternary (get $own $key) $value (hasKey $own $key)) }}
{{- end }}
{{- toYaml $result }}
{{- end }}
