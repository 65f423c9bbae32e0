// Reads YAML documents from its input into Kubernetes' own types, strictly: a field that no type has is an error.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	kinds := map[string]func() any{
		"apps/v1 StatefulSet":                func() any { return &appsv1.StatefulSet{} },
		"networking.k8s.io/v1 NetworkPolicy": func() any { return &networkingv1.NetworkPolicy{} },
		"v1 ConfigMap":                       func() any { return &corev1.ConfigMap{} },
		"v1 PersistentVolumeClaim":           func() any { return &corev1.PersistentVolumeClaim{} },
		"v1 Service":                         func() any { return &corev1.Service{} },
	}
	for _, document := range strings.Split(string(raw), "\n---\n") {
		var named metav1.TypeMeta
		if yaml.Unmarshal([]byte(document), &named) != nil || named.Kind == "" {
			continue
		}
		name := named.APIVersion + " " + named.Kind
		made, known := kinds[name]
		if !known {
			fmt.Fprintln(os.Stderr, "unknown:", name)
			os.Exit(1)
		}
		if err := yaml.UnmarshalStrict([]byte(document), made()); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		fmt.Println(name)
	}
}
