provider "tencentcloud" {
  region = var.network_source == "new" ? var.app_place.region : var.app_target.region
}
