variable "network_source" {
  default = "new"
}
resource "random_password" "ckafka_password" {
  length = 16
}
resource "terraform_data" "a" {
  input = [var.cos_key, ar.network_source, ckafka_password.ckafka_password.result]
}
resource "tencentcloud_vcp" "b" {
  name = var.network_sourc
}
