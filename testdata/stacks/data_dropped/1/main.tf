data "tencentcloud_availability_zones" "all" {
  count = 2
}
resource "terraform_data" "a" {
  input = "x"
}
