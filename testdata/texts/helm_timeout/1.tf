resource "cloudapp_helm_app" "app" {
  cluster_id = "cls-12345678"
  chart_src  = "./chart"
}

resource "tencentcloud_instance" "web" {
  instance_name     = "web"
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-12345678"
  instance_type     = "SR1.MEDIUM4"
}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
