variable "path" {
  default = "../software/good"
}
resource "cloudapp_helm_app" "missing" {
  cluster_id = "cls-1"
  chart_src  = "../software/charts"
}
resource "cloudapp_helm_app" "outside" {
  cluster_id = "cls-1"
  chart_src  = "../../clean"
}
resource "cloudapp_helm_app" "open" {
  cluster_id = "cls-1"
  chart_src  = var.path
}
resource "cloudapp_helm_app" "good" {
  cluster_id = "cls-1"
  chart_src  = "../software/good"
}
resource "cloudapp_helm_app" "nameless" {
  cluster_id = "cls-1"
  chart_src  = "../software/nameless"
}
resource "cloudapp_helm_app" "empty" {
  cluster_id = "cls-1"
  chart_src  = "../software/empty"
}
resource "cloudapp_helm_app" "broken" {
  cluster_id = "cls-1"
  chart_src  = "../software/broken/"
}
