variable "app_target" {
  type = any
}
resource "terraform_data" "a" {}
