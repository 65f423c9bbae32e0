{{- define "custodes.labels" -}}
app.kubernetes.io/name: custodes
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "custodes.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}
