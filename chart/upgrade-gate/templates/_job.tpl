{{/*
A hook Job that runs the CLI once. Takes root, name (its suffix), events, weight, account (its ServiceAccount), deadline
(seconds), args, and optionally manifests (the gates to request).
*/}}
{{- define "upgrade-gate.job" -}}
{{- $values := .root.Values }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "upgrade-gate.fullname" .root }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "upgrade-gate.labels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .events }}
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: {{ include "upgrade-gate.deletePolicy" .root }}
    helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
spec:
  # A second pod would find a gate that the first one cancelled.
  backoffLimit: 0
  activeDeadlineSeconds: {{ .deadline }}
  # For a Helm that was killed and deletes nothing.
  ttlSecondsAfterFinished: 300
  template:
    metadata:
      labels:
        {{- merge (include "upgrade-gate.labels" .root | fromYaml) $values.podLabels | toYaml | nindent 8 }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ .account }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      # Time to cancel on SIGTERM.
      terminationGracePeriodSeconds: 10
      {{- with $values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: upgrade-gate
          image: {{ include "upgrade-gate.image" .root | quote }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          args:
            {{- toYaml .args | nindent 12 }}
          {{- with .manifests }}
          env:
            - name: POD_UID
              valueFrom:
                fieldRef:
                  fieldPath: metadata.uid
            - name: UPGRADEGATE_MANIFESTS
              # Doubled: Kubernetes expands $(NAME) in values, and a regular expression may look like that.
              value: |
                {{- replace "$" "$$" . | nindent 16 }}
          {{- end }}
          terminationMessagePolicy: FallbackToLogsOnError
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
