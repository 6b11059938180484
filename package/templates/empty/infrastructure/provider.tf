# The region of everything, once there is something. A form with a network asks for it: var.app_target.region.
provider "tencentcloud" {
  region = var.region
}
