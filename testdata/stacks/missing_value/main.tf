variable "zone" {
  type = string
}

resource "tencentcloud_subnet" "a" {
  name              = "a"
  vpc_id            = "vpc-12345678"
  cidr_block        = "10.0.0.0/24"
  availability_zone = var.zone
}
